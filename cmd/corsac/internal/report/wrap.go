package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// escape matches the styling of a terminal, which takes no room.
var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

func width(s string) int { return utf8.RuneCountInString(escape.ReplaceAllString(s, "")) }

// Paragraph writes text behind a label, wrapped, without control characters.
func (t *Text) Paragraph(label, text string) { t.wrapped(label, safe(text)) }

// wrapped writes text behind a label, in lines of at most t.Width, the later ones
// indented to where the first began.
func (t *Text) wrapped(label, text string) {
	indent := width(label)
	if t.Width <= 0 || indent+width(text) <= t.Width || t.Width < indent+20 {
		t.line(label + text)
		return
	}
	line, room := label, t.Width-indent
	used := 0
	for word := range strings.SplitSeq(text, " ") {
		n := width(word)
		if used > 0 && used+1+n > room {
			t.line(strings.TrimRight(line, " "))
			line, used = strings.Repeat(" ", indent), 0
		}
		if used > 0 {
			line += " "
			used++
		}
		line += word
		used += n
	}
	t.line(line)
}

// safe shows a byte string as text without control characters, which a terminal
// would obey.
func safe(s string) string {
	if !utf8.ValidString(s) {
		s = bytestr.Decode(s)
	}
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isControl(r) {
			fmt.Fprintf(&b, "\\u%04X", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isControl also matches the marks that turn the direction of text.
func isControl(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// explanations say in words what Chromium's names of network errors mean.
var explanations = map[fetch.Code]string{
	fetch.CodeConnectionRefused:   "nothing listens there",
	fetch.CodeConnectionReset:     "the connection was reset",
	fetch.CodeConnectionClosed:    "the connection was closed",
	fetch.CodeEmptyResponse:       "the server closed the connection without an answer",
	fetch.CodeNameNotResolved:     "the name has no address",
	fetch.CodeTimedOut:            "there was no answer in time",
	fetch.CodeCertAuthority:       "the certificate is from an authority that is not trusted",
	fetch.CodeCertName:            "the certificate is for another name",
	fetch.CodeCertInvalid:         "the certificate is not valid",
	fetch.CodeInvalidResponse:     "what came back is not HTTP",
	fetch.CodeHeadersTooBig:       "the headers of the answer are too big",
	fetch.CodeALPN:                "HTTP/2 is needed, and the server does not speak it",
	"net::ERR_UNSAFE_PORT":        "browsers do not connect to this port",
	fetch.CodeAborted:             "the request was not sent, or stopped",
	"net::ERR_TOO_MANY_REDIRECTS": "there are more than 20 redirects",
	"net::ERR_UNSAFE_REDIRECT":    "browsers do not follow a redirect there",
	"net::ERR_INVALID_REDIRECT":   "the redirect leads to no URL",
	fetch.CodeFailed:              "the request failed",

	probe.CodeCertDate:           "the certificate has expired, or is not valid yet",
	probe.CodeProtocol:           "the server does not speak TLS there; perhaps it is an http: URL",
	probe.CodeVersion:            "the server speaks only versions or ciphers of TLS that browsers have given up",
	probe.CodeClientCert:         "the server wants a client certificate",
	probe.CodeServerName:         "the server knows no site of that name",
	probe.CodeProxy:              "the proxy cannot be reached",
	probe.CodeTunnel:             "the proxy does not connect to the server",
	probe.CodeAddressUnreachable: "there is no route to the address",
	probe.CodeConnectTimeout:     "no connection was made in time",
	probe.CodeHTTP2:              "the server broke the rules of HTTP/2",
	probe.CodeTruncated:          "the head of the answer breaks off",
	probe.CodeTwoLengths:         "the answer has two lengths that differ",
}

// Explain says in words what an error code means, with the code.
func Explain(code fetch.Code) string {
	if text := explanations[code]; text != "" {
		return text + ", " + string(code)
	}
	return string(code)
}
