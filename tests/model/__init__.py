"""The models of docs/spec/model, and what Spin has to say of them.

cases    each model with its bounds, each broken rule, and the answer that is expected
spin     one run of the model checker
"""
