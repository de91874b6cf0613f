"""The house rules that a machine can hold: layers, purity, sizes, rule numbers, what ships."""
