"""What a person at the bridge can ask of it: a control socket that only its own user can open."""
