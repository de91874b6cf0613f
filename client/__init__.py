"""How to ask nodes and believe none: documents, HTTP, proofs. Shared by every program that asks."""
