"""Names for people who do not exist: many, from many places, and no two of them the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN: Final = _words(
    "Aaliyah Aaron Abigail Adaeze Aidan Aiko Alejandra Amara Amir Ana Anders Anika Anton Aria Arjun Astrid Ava "
    "Ayaan Beatriz Ben Bilal Bridget Caleb Camila Carlos Chloe Ciara Clara Connor Dae-jung Dalia Daniel Darius "
    "Deepa Diego Dina Dmitri Ebony Eduardo Eleni Elias Ella Emeka Emily Emma Enzo Esme Esther Ethan Eva Ezra Farah "
    "Fatima Felix Fiona Freya Gabriel Gianna Grace Hana Hannah Harper Hassan Hazel Henry Hugo Ibrahim Ikram Imani "
    "Ines Ingrid Isaac Isla Ivan Jada Jakob Jamal Jasmine Javier Jaya Jin Joaquin Jonah Josefina Joy Julian Kai "
    "Kalani Karim Kavya Keisha Khadija Kiran Kofi Layla Leila Leo Liam Lila Linh Logan Lucia Luka Madison Mai Malik "
    "Marcus Mariam Mateo Maya Mei Micah Mila Minh Miriam Mohamed Nadia Naomi Nathan Nia Nico Nina Noah Noor Oliver "
    "Olivia Omar Oscar Owen Paloma Parker Pedro Penelope Priya Quinn Rafael Rania Ravi Reza Rosa Ruby Ruth Ryan "
    "Sadie Samir Samuel Sara Savannah Selin Seo-yeon Sienna Simone Sofia Soren Stella Sunita Tala Tamika Tariq Theo "
    "Thomas Tiana Tobias Uma Valentina Vera Victor Viktor Wei Willow Xavier Ximena Yara Yasmin Youssef Yuki Zainab "
    "Zara Zoe "
)

FAMILY: Final = _words(
    "Abebe Abernathy Achterberg Adeyemi Aguilar Ahmadi Akhtar Alvarado Andersson Antonova Asante Avila Baker "
    "Banerjee Barnes Becker Begay Bell Bennett Bianchi Blackwood Boateng Brooks Brown Bui Burke Cabrera Campbell "
    "Cardoso Carter Castellano Chang Chavez Chen Cho Clarke Cohen Contreras Cruz D'Angelo Dang Davis Delgado Desai "
    "Diallo Diaz Dixon Dubois Eastman Edwards El-Sayed Ellis Endo Escobar Espinoza Farouk Ferreira Fischer "
    "Fitzgerald Fontaine Foster Friedman Gallagher Garcia Ghosh Gill Goldberg Gonzalez Grant Greene Gupta Gutierrez "
    "Haddad Hall Hansen Harris Hassan Hayes Henderson Herrera Hoang Holloway Howard Hughes Hussein Ibarra Ivanov "
    "Jackson Jacobs Jansen Jimenez Johansen Jones Joseph Kamau Kang Kapoor Kelly Khan Kim King Kowalczyk Kumar "
    "Lambert Larsen Le Lee Lewis Lindqvist Liu Lopez Lozano Mahmoud Malone Marchetti Martin Mbeki McAllister Medina "
    "Mehta Mendoza Meyer Mitchell Mohamud Molina Moore Morales Moreau Murphy Nakamura Ndiaye Nelson Nguyen Nowak "
    "O'Brien O'Connor Obi Okafor Oliveira Ortega Osei Owens Pacheco Papadakis Park Parker Patel Pereira Perez "
    "Petrova Pham Phillips Pineda Popescu Powell Quintero Rahman Ramirez Rao Reyes Rivera Roberts Robinson "
    "Rosenthal Ross Rossi Ruiz Sahin Salazar Sanders Santangelo Santos Sato Schmidt Shah Sharma Siddiqui Silva "
    "Singh Smith Sokolov Soto Stewart Strand Suarez Sullivan Suzuki Tanaka Tavares Taylor Tesfaye Thompson Thornton "
    "Torres Tran Tsosie Turner Ueda Valdez Vance Vargas Vasquez Vega Volkov Walker Wang Washington Weber White "
    "Williams Winters Wozniak Wright Yamamoto Yang Yilmaz Young Zamora Zhang Ziegler Zimmerman "
)


def people_names(seed: int, taken: set[str]) -> Iterator[tuple[str, str]]:
    """Pairs of given and family name without end in practice, the same for one seed, none in ``taken``."""
    random = Random(seed)  # noqa: S311 - made-up names are no secret
    seen = set(taken)
    while len(seen) < len(GIVEN) * len(FAMILY):
        given, family = random.choice(GIVEN), random.choice(FAMILY)
        if f"{given} {family}" not in seen:
            seen.add(f"{given} {family}")
            yield given, family
