/* The hand-over from one epoch to the next as built: four old members, one of them a liar, and those
 * who follow, one of whom is a liar too. ending.pml says how the old epoch's last blocks come about.
 *
 * Two heights of the old epoch are left: 1, which fixes its end and names who follows, and 2, its last
 * (B is 1). 3 is the new epoch's first. Within an epoch blocks are agreed on (safety.pml): those of the
 * old one are here final from the start, for whoever may know it, and the new one has one view. What
 * was said is never lost and never "delivered": whoever acts may know any part of it. The liars say
 * everything at once, to everyone or to some: their word counts wherever that would help.
 *
 * Asked of every state: does anything fork (ask), and what would become of it if the network healed
 * now, and all liars, with those who turned into one or are gone, fell silent (heal): is any honest
 * member of either epoch left behind, or a light client that slept?
 */

#define OLD 15 /* members are bits */
#ifndef NEXT
#define NEXT 30 /* 0 leaves, 4 comes; at most 0 to 5 */
#endif
#ifndef ROTATED
#define ROTATED 0 /* who stays, with another key */
#endif
#ifndef LIAR
#define LIAR 3 /* in the old epoch */
#endif
#ifndef LIAR_NEXT
#define LIAR_NEXT 3 /* in the new one; to the old one it does its part, unless it is LIAR; 7: nobody */
#endif
/* A broken rule is named by one of KEYS_KEPT, KEYS_GONE_EARLY, GONE_EARLY, LEFT_WITH_LAST,
 * CERTIFICATES_LOST, LATER_EPOCH_FORGOTTEN, NEXT_READ_AGAIN, LAST_TOO_EARLY, GUEST_COUNTED,
 * GUESTS_NOT_HELPED or QUORUM_OF_NEXT. */

#define MEMBERS 6
#define BIT(m) (1 << (m))
#define HAS(s, m) (((s) >> (m)) & 1)
#define COUNT(s) (HAS(s, 0) + HAS(s, 1) + HAS(s, 2) + HAS(s, 3) + HAS(s, 4) + HAS(s, 5))
#define QUORUM(s) (COUNT(s) - (COUNT(s) - 1) / 3)
#ifdef QUORUM_OF_NEXT
#define QUORUM_OLD QUORUM(NEXT)
#else
#define QUORUM_OLD QUORUM(OLD)
#endif

byte executed[MEMBERS];
byte held[MEMBERS];  /* whose certificates it holds: 1 for height 1, 2 for height 2 */
bit begun[MEMBERS];  /* it stands in the new epoch */
byte said[MEMBERS];  /* the highest height that it attested, durable and audible */
byte voted[2];       /* who voted for the one or the other block as the new epoch's first, likewise */
byte keyless;        /* who destroyed the old key; as bits */
byte turned;         /* who was honest in the old epoch and lies now, or is gone */
byte other;          /* who attests another next set than the one that was fixed: by a broken rule */

#define EACH(of) (of(0) | (of(1) << 1) | (of(2) << 2) | (of(3) << 3) | (of(4) << 4) | (of(5) << 5))
#define SAID_1(m) (said[m] >= 1)
#define SAID_2(m) (said[m] >= 2)
#define SAID_3(m) (said[m] >= 3)

#define BOTH_LIARS ((BIT(LIAR) | BIT(LIAR_NEXT)) & 63)
#ifdef GUEST_COUNTED
#define LIARS_NEXT (BOTH_LIARS | turned)
#else
#define LIARS_NEXT (BIT(LIAR_NEXT) & (NEXT)) /* [EPOCH-6] no seat, no vote */
#endif

/* [CERT-1], in the old epoch by its own quorum. The last one names who follows. */
#define CERTIFIED_1 (COUNT((EACH(SAID_1) & OLD) | BIT(LIAR)) >= QUORUM_OLD)
#define NAMES(who) (COUNT((EACH(SAID_2) & OLD & (who)) | BIT(LIAR)) >= QUORUM_OLD)
#define CERTIFIED_2(m) (HAS(other, m) -> NAMES(other) : NAMES(~other)) /* [CERT-5] none but one's own */
#define IS_FIRST(which) (COUNT(voted[which] | LIARS_NEXT) >= QUORUM(NEXT))
#define FIRST_FINAL (IS_FIRST(0) || IS_FIRST(1))
#define FIRST_CERTIFIED (COUNT(EACH(SAID_3) | LIARS_NEXT) >= QUORUM(NEXT))

/* Any other word on the old epoch's last height: only liars give it, with keys that still exist. */
#define FORGERS (BOTH_LIARS | (turned & ~keyless))
#define FORGED (COUNT(FORGERS & OLD) >= QUORUM_OLD)

#define IN_OLD(m) HAS(OLD, m)
#define IN_NEXT(m) HAS(NEXT, m)
#define HOLDS(m, k) ((held[m] & (k)) == (k))

/* [EPOCH-5] The new epoch begins with the certificate of every height of the old one. */
#ifdef LEFT_WITH_LAST
#define NEEDED 2
#else
#define NEEDED 3
#endif

/* [EPOCH-7] An old key is destroyed once the new epoch's first certificate is held. */
#ifdef KEYS_GONE_EARLY
#define SPENT(m) (executed[m] >= 2)
#else
#define SPENT(m) (executed[m] == 3 && FIRST_CERTIFIED)
#endif
#define MAY_DESTROY(m) ((!IN_NEXT(m) || HAS(ROTATED, m)) && !HAS(keyless, m) && SPENT(m))

/* Who has done its part may turn: who left, with its key destroyed; the new epoch's liar, once that has
 * a certificate. Until then the old epoch, which bears one liar, still needs them. */
#ifdef KEYS_KEPT
#define MAY_TURN(m) FIRST_CERTIFIED
#elif defined(GONE_EARLY)
#define MAY_TURN(m) begun[m]
#else
#define MAY_TURN(m) (IN_NEXT(m) -> FIRST_CERTIFIED : HAS(keyless, m))
#endif

#ifdef LATER_EPOCH_FORGOTTEN
#define MAY_VOTE(m) (IN_NEXT(m) && (m) != LIAR_NEXT)
#else
#define MAY_VOTE(m) (IN_NEXT(m) && (m) != LIAR_NEXT && !HAS(voted[0] | voted[1], m)) /* [DUR-3] */
#endif

#ifdef NEXT_READ_AGAIN
#define NAME_NEXT(m) if :: other = other | BIT(m) :: true fi
#else
#define NAME_NEXT(m) skip
#endif

inline execute(m) {
    executed[m]++;
    if
    :: !HAS(keyless, m) && said[m] < executed[m] -> said[m] = executed[m] /* [CERT-2] */
    :: else
    fi
}

/* [DUR-2] The journal keeps certificates, and one's own words in every epoch, until a synced state
 * covers them. */
inline crash(m) {
    executed[m] = 0;
    begun[m] = 0;
#ifdef CERTIFICATES_LOST
    held[m] = 0;
#endif
}

proctype Member(byte me) {
    do
    :: HAS(turned, me) -> break
    :: d_step { /* Hold the certificate of height 1. */
        (!HAS(turned, me) && IN_OLD(me) && !HOLDS(me, 1) && CERTIFIED_1) -> held[me] = held[me] | 1 }
    :: d_step { /* Hold the last certificate. */
        (!HAS(turned, me) && IN_OLD(me) && !HOLDS(me, 2) && CERTIFIED_2(me)) -> held[me] = held[me] | 2 }
    :: atomic { /* Execute and attest, in one step: what is not said yet is known to nobody. */
        (!HAS(turned, me) && IN_OLD(me) && executed[me] < 2) ->
        if
        :: executed[me] == 1 && said[me] == 1 -> NAME_NEXT(me)
        :: else
        fi;
        d_step { execute(me) } }
    :: d_step { /* A newcomer follows by certificates, one by one. */
        (!IN_OLD(me) && executed[me] == 0 && CERTIFIED_1) -> held[me] = 1; executed[me] = 1 }
    :: d_step {
        (!IN_OLD(me) && executed[me] == 1 && CERTIFIED_2(me)) -> held[me] = 3; executed[me] = 2 }
    :: atomic { /* Begin, and vote for what the leader proposes: one thing, or a liar two. */
        (!HAS(turned, me) && executed[me] == 2 && !begun[me] && HOLDS(me, NEEDED)) ->
        begun[me] = 1;
        if
        :: MAY_VOTE(me) -> voted[0] = voted[0] | BIT(me)
        :: MAY_VOTE(me) && voted[0] -> voted[1] = voted[1] | BIT(me) /* alike but for the name */
        :: !MAY_VOTE(me)
        fi }
    :: d_step { /* Execute the new epoch's first height, and attest it. */
        (!HAS(turned, me) && begun[me] && executed[me] == 2 && FIRST_FINAL) ->
        executed[me] = 3;
        if :: IN_NEXT(me) -> said[me] = 3 :: else fi }
    :: d_step { /* Destroy the old key. */
        (!HAS(turned, me) && MAY_DESTROY(me)) -> keyless = keyless | BIT(me) }
    :: d_step { /* Turn. */
        (!HAS(turned, me) && IN_OLD(me) && (!IN_NEXT(me) || me == LIAR_NEXT) && MAY_TURN(me)) ->
        turned = turned | BIT(me) }
    :: d_step { /* Crash; no state was synced. What was is executed again, which nobody can tell apart. */
        (!HAS(turned, me) && IN_OLD(me) && executed[me] > 0) -> crash(me) }
    od
}

/* What must not be, whoever knows what. */
inline ask() {
    assert(!FORGED);                           /* one hand-over: who sleeps is not misled */
    assert(!NAMES(other) || !NAMES(~other));
#ifdef LAST_TOO_EARLY
    assert(!CERTIFIED_1 || !NAMES(~other));    /* [EPOCH-4] one height of an epoch is its last */
#endif
    assert(!IS_FIRST(0) || !IS_FIRST(1))   /* the new epoch has one beginning */
}

/* Healing, on a copy of the state: it is asked of every state, and changes none. */
byte x[MEMBERS], h[MEMBERS], s[MEMBERS], in_new, k, n, more, served;

#define ACTIVE(m) (HAS((OLD) | (NEXT), m) && (m) != LIAR && !HAS(turned, m) \
    && (IN_OLD(m) || (m) != LIAR_NEXT))
#define HONEST_NEXT(m) (IN_NEXT(m) && (m) != LIAR_NEXT)
#define GOES_ON(m) (ACTIVE(m) && HAS(in_new, m) && HONEST_NEXT(m)) /* votes in the new epoch */
#define STAYS(m) (ACTIVE(m) && IN_OLD(m) && !HAS(in_new, m))       /* votes in the old one */
/* [LIVE-4] Who still stands in the old epoch sends its ATTESTs again, if it has the key. */
#define REPEATS(m) (STAYS(m) && !HAS(keyless, m) && s[m] >= k \
    && (k == 1 || HAS(other, m) == HAS(other, n)))
#ifdef GUESTS_NOT_HELPED
#define SERVES(m) (ACTIVE(m) && (h[m] & k) && HAS(in_new, m) == HAS(in_new, n))
#else
#define SERVES(m) (ACTIVE(m) && (h[m] & k)) /* [EPOCH-6] whoever stands behind is given what it lacks */
#endif
#define HAS_FIRST(m) (ACTIVE(m) && x[m] == 3)

/* Member n takes one of its next steps, if it can. */
inline help() {
    k = 1;
    do
    :: k > 2 -> break
    :: else ->
        if
        :: !(h[n] & k) && (EACH(SERVES) || COUNT(EACH(REPEATS)) >= QUORUM_OLD) ->
            h[n] = h[n] | k; more = 1
        :: else
        fi;
        k++
    od;
    if /* final by votes, while a quorum of the old epoch votes, or proven */
    :: x[n] < 2 && ((h[n] & (x[n] + 1)) || (IN_OLD(n) && COUNT(EACH(STAYS)) >= QUORUM_OLD)) ->
        x[n]++;
        if :: IN_OLD(n) && !HAS(keyless, n) && s[n] < x[n] -> s[n] = x[n] :: else fi;
        more = 1
    :: else
    fi;
    if
    :: x[n] == 2 && !HAS(in_new, n) && (h[n] & NEEDED) == NEEDED -> in_new = in_new | BIT(n); more = 1
    :: else
    fi;
    if /* with a quorum in it the new epoch has final blocks (progress.pml) */
    :: x[n] == 2 && HAS(in_new, n) && (EACH(HAS_FIRST) || COUNT(EACH(GOES_ON)) >= QUORUM(NEXT)) ->
        x[n] = 3; more = 1
    :: else
    fi
}

inline heal() {
    n = 0;
    do
    :: n == MEMBERS -> break
    :: else ->
        x[n] = executed[n]; h[n] = held[n]; s[n] = said[n];
        in_new = in_new | (begun[n] << n);
        n++
    od;
    do
    :: more = 0;
        n = 0;
        do
        :: n == MEMBERS -> break
        :: else -> if :: ACTIVE(n) -> help() :: else fi; n++
        od;
        if :: more :: else -> break fi
    od;
    n = 0;
    do
    :: n == MEMBERS -> break
    :: else ->
        assert(!ACTIVE(n) || (x[n] == 3 && h[n] == 3)); /* nobody is left behind */
        if :: ACTIVE(n) && HONEST_NEXT(n) && (h[n] & 2) -> served = 1 :: else fi;
        n++
    od;
    assert(served); /* a client that knows the old members alone is shown the last certificate */
    n = 0;
    do
    :: n == MEMBERS -> break
    :: else -> x[n] = 0; h[n] = 0; s[n] = 0; n++
    od;
    in_new = 0; k = 0; n = 0; more = 0; served = 0
}

proctype Ask() {
    do
    :: d_step { ask(); heal() }
    od
}

init {
    atomic {
        byte i = 0;
        do
        :: i == MEMBERS -> break
        :: else ->
            if :: ACTIVE(i) -> run Member(i) :: else fi;
            i++
        od;
        run Ask()
    }
}
