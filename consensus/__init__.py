"""Ordering without content: lanes, Simplex, attestation. Pure; sees digests, never a balance."""
