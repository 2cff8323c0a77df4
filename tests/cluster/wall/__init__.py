"""The second wall's program: building it, and running the tests of its own."""
