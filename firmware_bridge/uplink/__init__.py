"""The way to the school's service: always called from here, each activity on a thread of its own, never on a door's."""
