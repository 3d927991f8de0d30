package mask

import (
	"slices"
	"strings"
)

// A header or parameter is secret if a part of its name is in secretParts, as
// in X-Auth-Token, or ends with one of secretWords, as csrftoken does.
var (
	secretWords = []string{
		"token", "secret", "password", "passwd", "passphrase", "passcode", "apikey", "accesskey", "accesskeyid", "secretkey", "privatekey",
		"signature", "credential", "credentials", "jwt", "assertion", "sessionid", "sessid", "samlresponse", "samlart", "wresult",
	}
	secretParts = []string{
		"auth", "authorization", "authentication", "oauth", "bearer", "dpop", "key", "session", "sid", "sig", "pwd", "otp", "csrf", "xsrf",
		"ticket", "verifier",
	}
)

// isSecretName reports whether a header or parameter with that name, in lower
// case, has a secret value. In doubt, it has: the verdict on a recorded request
// does not depend on the value. The parts of a name are its runs of ASCII
// letters and digits.
func isSecretName(name string) bool {
	for part := range strings.FieldsFuncSeq(name, isSeparator) {
		if slices.Contains(secretParts, part) ||
			slices.ContainsFunc(secretWords, func(word string) bool { return strings.HasSuffix(part, word) }) {
			return true
		}
	}
	return false
}

func isSeparator(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }

// isSecretParameter is isSecretName for parameters as URL parsers and servers
// read them: decoded, and without tabs and newlines.
func isSecretParameter(name string) bool {
	name = strings.ToLower(unescape(blanks.Replace(name)))
	return name == "code" || name == "pass" || isSecretName(name)
}

// Headers that decide about CORS, or in which browsers say who makes the
// request. They are never masked, so that masking changes no verdict. A name that
// ends in a hyphen stands for all that begin so. Sec-WebSocket-Key is a nonce that
// proves nothing (RFC 6455 §4.1).
var decisive = []string{
	"access-control-", "sec-fetch-", "sec-ch-", "sec-websocket-key", "sec-websocket-accept", "origin", "host", "vary", "accept", "accept-",
	"content-type", "content-language", "range", "cross-origin-resource-policy", "timing-allow-origin",
}

// IsSecretHeader reports whether a header with that name, in lower case, has a
// secret value. Browsers leave many of these out of HAR files.
func IsSecretHeader(name string) bool { return !isDecisive(name) && isSecretName(name) }

func isDecisive(name string) bool {
	return slices.ContainsFunc(decisive, func(s string) bool {
		return name == s || strings.HasSuffix(s, "-") && strings.HasPrefix(name, s)
	})
}

// schemes are the authentication schemes that are registered (RFC 9110 §16.4.1)
// or in wide use, in lower case. Whatever else stands there may be the secret.
var schemes = []string{
	"basic", "bearer", "concealed", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "oauth", "privatetoken", "scram-sha-1",
	"scram-sha-256", "vapid", "ntlm", "aws4-hmac-sha256", "token", "apikey", "hawk", "sharedkey",
}
