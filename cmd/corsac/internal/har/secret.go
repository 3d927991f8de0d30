package har

import (
	"slices"
	"strings"
)

// A header or parameter is secret if a part of its name is in secretParts, as
// in X-Auth-Token, or ends with one of secretWords, as csrftoken does.
var (
	secretWords = []string{
		"token", "secret", "password", "passwd", "passphrase", "passcode", "apikey", "accesskey", "accesskeyid", "secretkey", "privatekey",
		"signature", "credential", "jwt", "assertion", "sessionid", "sessid", "samlresponse", "samlart", "wresult",
	}
	secretParts = []string{
		"auth", "authorization", "authentication", "oauth", "bearer", "dpop", "key", "session", "sid", "sig", "pwd", "otp", "csrf", "xsrf",
		"ticket", "verifier",
	}
)

// IsSecretName reports whether a header or parameter with that name, in lower
// case, has a secret value. In doubt, it has: the verdict on a recorded request
// does not depend on the value. The parts of a name are its runs of ASCII
// letters and digits.
func IsSecretName(name string) bool {
	for part := range strings.FieldsFuncSeq(name, isSeparator) {
		if slices.Contains(secretParts, part) ||
			slices.ContainsFunc(secretWords, func(word string) bool { return strings.HasSuffix(part, word) }) {
			return true
		}
	}
	return false
}

func isSeparator(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }

// IsSecretHeader is IsSecretName for headers. CORS headers, and those in
// which browsers say who makes the request, are never secret.
func IsSecretHeader(name string) bool {
	for _, prefix := range []string{"access-control-", "sec-fetch-", "sec-ch-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	// Sec-WebSocket-Key is a nonce that proves nothing (RFC 6455 §4.1).
	return name != "sec-websocket-key" && IsSecretName(name)
}
