"""A gateway in a box: real HTTP on loopback for `octotui demo`, the screenshots and the tests."""
