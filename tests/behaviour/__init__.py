"""How amitrio behaves with a PBX: the same tests on the simulator and on real Asterisks."""
