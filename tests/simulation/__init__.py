"""Whole networks of real replicas in one thread, as a function of a seed.

Real: engine, replica, journal bytes, recovery, guard, executor, contracts. Simulated: network,
disk, clock, timers, and the clients. A seed draws the size of the network, its parameters, who is
Byzantine and how, and a list of faults; the same seed on the same commit gives the same trace.

    loop         time as a heap of calls               keys      cheap signatures, and real ones
    disk         what a crash leaves of a file         network   delay, loss, repetition, partition
    machine      what outlives a process               process   one life of a validator
    plan         what a seed draws                     clients   who bring points, pay and spend
    founding     the genesis of a run                  offices   what retailers' admins say
    cluster      all of it together                    verdict   what is said of a run
    adversaries/ one file each                         checkers/ one file each

Rules broken on purpose, most of which some seed must catch, are in tests/rules.

A run has two phases. In the first anything goes wrong and nothing wrong may be agreed on. In the
second the network is healed (a Byzantine member stays what it is): everything that clients sent has
to become final once, and all honest nodes to agree, and to come to rest. In half of the runs
partners square their accounts every few seconds: then rest is what lies between two closings.
"""
