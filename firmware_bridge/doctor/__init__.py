"""Looks at everything that a bridge needs and says what to do, one finding a check; changes nothing, opens no port."""
