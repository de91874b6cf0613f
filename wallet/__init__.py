"""The kiset: what its owner holds, signs and proves. Believes no node."""
