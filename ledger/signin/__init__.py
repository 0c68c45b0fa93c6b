"""Sign-in of people: users, what they show to be who they are, and their sessions, in the browser and on the terminal.

In: an e-mail address, a password, a code, a passkey, a link. Out: `identity.SignedIn`. Guaranteed: whoever is signed in
has shown two factors; a code, a link, a recovery code works once, also when it comes twice at the same moment; every
secret that we only compare is stored hashed.
"""
