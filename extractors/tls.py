"""What is wrong with a site's TLS, in plain words, from what the library says.

Promise: every reason names what the site does, and the advice what a person can do; nothing is ever made less strict by itself.
"""

from dataclasses import dataclass

_PUBLISHER = "tell the publisher; a site that also answers under http can be named so in the source's YAML"
_HERE = "look whether this machine's clock and list of authorities are right; else tell the publisher"
_PORT = "look at the address: it may be meant as http"


@dataclass(frozen=True, slots=True)
class TlsTrouble:
    """`reason` completes "no secure connection to HOST: …". `may_pass`: another attempt can help."""

    reason: str
    advice: str
    may_pass: bool = False


# The first mark that the library's words have; the more particular ones stand first.
_TROUBLES: tuple[tuple[tuple[str, ...], TlsTrouble], ...] = (
    (("certificate has expired",), TlsTrouble("its certificate has expired", _HERE)),
    (("certificate is not yet valid",), TlsTrouble("its certificate is not valid yet", _HERE)),
    (("Hostname mismatch", "IP address mismatch"), TlsTrouble("its certificate is for another name", _PUBLISHER)),
    (("self-signed certificate in certificate chain", "self signed certificate in certificate chain"),
     TlsTrouble("its certificate is signed by an authority that this machine does not know", _HERE)),
    (("self-signed certificate", "self signed certificate"), TlsTrouble("its certificate is signed by itself", _PUBLISHER)),
    (("unable to get local issuer certificate", "unable to verify the first certificate"),
     TlsTrouble("its certificate is signed by an authority that this machine does not know, or the site leaves out the "
                "certificates in between", _HERE)),
    (("certificate revoked",), TlsTrouble("its certificate was revoked", _PUBLISHER)),
    (("CERTIFICATE_VERIFY_FAILED",), TlsTrouble("its certificate is not valid", _HERE)),
    (("UNSAFE_LEGACY_RENEGOTIATION",), TlsTrouble("it only offers an old and unsafe way to renegotiate", _PUBLISHER)),
    (("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"),
     TlsTrouble("what answers there does not speak TLS", _PORT)),
    (("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW"),
     TlsTrouble("it only speaks a version of TLS older than 1.2", _PUBLISHER)),
    (("KEY_TOO_SMALL", "MD_TOO_WEAK", "BAD_DH_VALUE", "DH_KEY"), TlsTrouble("its key or signature is too weak", _PUBLISHER)),
    (("HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "NO_CIPHERS"), TlsTrouble("no cipher is common to it and us", _PUBLISHER)),
    (("UNRECOGNIZED_NAME",), TlsTrouble("it does not know the name under which it was asked", _PUBLISHER)),
    (("UNEXPECTED_EOF", "EOF occurred in violation of protocol"),
     TlsTrouble("it broke off in the middle of the handshake", "it is tried again on the next night", may_pass=True)),
)  # fmt: skip


def explain_tls(error: Exception) -> TlsTrouble | None:
    """The trouble that an error of the transport tells of, or None where it is not about TLS."""
    text = str(error)
    if "SSL" not in text and "TLS" not in text and "certificate" not in text:
        return None
    for marks, trouble in _TROUBLES:
        if any(mark in text for mark in marks):
            return trouble
    return TlsTrouble(f"the handshake failed ({text[:200]})", _PUBLISHER, may_pass=True)
