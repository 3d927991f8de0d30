package mask

import (
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxNesting bounds how often a URL in a parameter of a URL is decoded. What is
// encoded more often is masked as a whole.
const maxNesting = 4

// URL masks the credentials and secret parameters of a URL, which may be
// relative to base, or of a text that has one. To a browser's parser the URL
// stays the same but for the values of parameters: it has the same host, and a
// user and password if it had them before.
func URL(raw string, base *weburl.URL) string {
	raw = parameters(raw, 0)
	if !strings.Contains(raw, "@") {
		return raw
	}
	u, err := weburl.Parse(raw, base)
	if err != nil {
		return maskUser(raw, base)
	}
	if !u.HasCredentials() {
		return raw
	}
	u.Username, u.Password = secret(u.Username), secret(u.Password)
	return u.String()
}

// refused is a URL that parsers refuse.
const refused = "https://" + Mark + "@"

// maskUser masks everything before the host, in URLs that parsers refuse. They
// refuse the result, too.
func maskUser(raw string, base *weburl.URL) string {
	start := authority(raw)
	end := endOfAuthority(raw, start)
	at := strings.LastIndexByte(raw[start:end], '@')
	if at < 0 {
		return raw
	}
	masked := raw[:start] + Mark + raw[start+at:]
	if _, err := weburl.Parse(masked, base); err == nil {
		return refused
	}
	return masked
}

// authority returns where the authority of a URL begins, after the scheme and
// the slashes; both may be missing.
func authority(raw string) int {
	start := 0
	if colon := strings.IndexByte(raw, ':'); colon > 0 && strings.IndexFunc(raw[:colon], isNotScheme) < 0 {
		start = colon + 1
	}
	return start + len(raw[start:]) - len(strings.TrimLeft(raw[start:], `/\`))
}

func endOfAuthority(raw string, start int) int {
	if i := strings.IndexAny(raw[start:], `/\?#`); i >= 0 {
		return start + i
	}
	return len(raw)
}

func isNotScheme(r rune) bool { return !isPlain(r) && r != '+' && r != '.' || r == '_' }

// parameters masks secret parameters in the path of a URL, as servlets have
// them (;jsessionid=1), in its query, and in its fragment, where OAuth puts them
// too.
func parameters(raw string, nesting int) string {
	start := 0
	if at := authority(raw); at > 1 { // not a path
		start = endOfAuthority(raw, at)
	}
	i := strings.IndexAny(raw[start:], "?#;")
	if i < 0 {
		return raw
	}
	var b strings.Builder
	b.Grow(len(raw)) // unless something is masked, it stays as long
	b.WriteString(raw[:start+i])
	ends := `?#&;/\` // in the path
	for rest := raw[start+i:]; rest != ""; {
		if rest[0] == '?' || rest[0] == '#' {
			ends = "?#&;"
		}
		end := strings.IndexAny(rest[1:], ends) + 1
		if end == 0 {
			end = len(rest)
		}
		name, value, ok := strings.Cut(rest[1:end], "=")
		switch {
		case rest[0] == '/', rest[0] == '\\':
			name, ok = rest[1:end], false // a segment of the path
		case !ok:
			name = nested(name, nesting)
		case isSecretParameter(name):
			value = secret(value)
		default:
			value = nested(value, nesting)
		}
		b.WriteByte(rest[0])
		b.WriteString(name)
		if ok {
			b.WriteByte('=')
			b.WriteString(value)
		}
		rest = rest[end:]
	}
	return b.String()
}

// nested masks a value that is itself a URL, as it stands or encoded.
func nested(value string, nesting int) string {
	if strings.Contains(value, "@") {
		value = string(Text([]byte(value)))
	}
	decoded := unescape(value)
	switch {
	case decoded == value:
		return value
	case nesting == maxNesting:
		return secret(value)
	}
	inner := nested(parameters(decoded, nesting+1), nesting+1)
	if inner == decoded {
		return value
	}
	if encoded := escape(inner); len(encoded) <= 3*len(value) {
		return encoded
	}
	return secret(value)
}

// escape encodes whatever is not plain.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		if c := s[i]; isPlain(rune(c)) || c == '.' {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

var blanks = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// unescape decodes the valid percent-escapes of s and keeps the others, as many
// servers do (URL Standard §1.3, "percent-decode").
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
