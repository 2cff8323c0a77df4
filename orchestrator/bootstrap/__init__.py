"""Settings to what each role needs: small wirings by role, and nowhere else.

The control plane's wiring never sees an engine, the hands' wiring never sees a web framework;
gateway and doors need settings and a token only, so they wire themselves.
"""
