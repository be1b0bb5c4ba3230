"""Who may open which door when, and why: one function, decided on decoded documents."""
