"""Why a link is down or not protected, in the words that people read."""

NO_ANSWER = "The reader does not answer. Check its power, its cable and its address."
NO_KEY = "This bridge has no key for the reader. Commission it; until then nothing that it says is believed."
STUCK = "The reader has said for too long that it is busy. Take its power away for a moment."
UNREAD = "Nothing arrives whole at the reader. Check its cable, shield and termination, and its speed."
UNSTABLE = "The reader keeps dropping its protected session. Check its power and its cable."
