"""One thread a serial port: the pure protocols of ``protocol`` on real lines."""
