package mask

import (
	"bytes"
	"regexp"
)

// Text masks users and passwords in the URLs that a text has, wherever they
// are: in prose, in JSON, on a command line. It returns p itself if there are
// none. In doubt, it masks.
func Text(p []byte) []byte {
	if bytes.IndexByte(p, '@') >= 0 {
		p = plainText(p)
	}
	if bytes.IndexByte(p, '%') >= 0 && encodedAt.Match(p) {
		p = encodedText(p)
	}
	return p
}

// ends are what no authority has as it stands.
const ends = "/\\?#\"<> \t\r\n"

// plainText masks before each @.
func plainText(p []byte) []byte {
	var b []byte
	done := 0 // p[:done] is in b
	for {
		at := bytes.IndexByte(p[done:], '@')
		if at < 0 {
			break
		}
		at += done
		end := len(p)
		if i := bytes.IndexAny(p[at:], ends); i >= 0 {
			end = at + i
		}
		if start, ok := userinfo(p[done:at]); ok {
			start += done
			last := bytes.LastIndexByte(p[start:end], '@') + start
			b = append(append(b, p[done:start]...), user(p[start:last])...)
			done = last
		}
		b = append(b, p[done:end]...)
		done = end
	}
	if b == nil {
		return p
	}
	return append(b, p[done:]...)
}

// userinfo returns where the user of a URL begins in what stands before an @.
func userinfo(before []byte) (start int, ok bool) {
	start = begin(before)
	if begins, ok := beginWithBlanks(before, start); ok {
		return begins, true
	}
	slashes := start
	for slashes > 0 && (before[slashes-1] == '/' || before[slashes-1] == '\\') {
		slashes--
	}
	switch n := start - slashes; {
	case n == 0 && drive.Match(before[start:]):
		return 0, false
	case n == 0:
		i := bytes.IndexByte(before[start:], ':')
		switch {
		case i < 0 || bytes.HasSuffix(before[start:start+i], []byte("mailto")):
			return 0, false // an address, for mail or SSH
		case special.Match(before[start : start+i+1]): // browsers need no slashes: http:user@host
			return start + i + 1, true
		}
		return start, true // user:password@host
	case n == 1:
		return start, special.Match(before[:slashes])
	case slashes == 0:
		return start, true
	}
	return start, bytes.IndexByte([]byte(":\"'`=(<, \t\r\n"), before[slashes-1]) >= 0
}

// begin returns where what stands before an @ begins: after the last of ends that
// is neither part of an escape, as JSON and %q write them, nor a character that
// the URL standard accepts in a user. So no escape is masked in part.
func begin(before []byte) int {
	for i := len(before); ; {
		i = bytes.LastIndexAny(before[:i], ends)
		if i < 0 {
			return 0
		}
		switch c := before[i]; {
		case c == '<' || c == '>':
		case c == '\\':
			run := backslashes(before[:i+1])
			if run%2 == 0 && !twiceEscaped.Match(before[i:]) {
				return i + 1
			}
			i -= run - 1
		case c == '"' && backslashes(before[:i])%2 == 1:
			i -= backslashes(before[:i])
		case c == '"' && !isStructural(before, i):
		default:
			return i + 1
		}
	}
}

// twiceEscaped is an escape that is quoted once more, which has two backslashes.
var twiceEscaped = regexp.MustCompile(`^\\(?:[abfnrtv]|x[0-9a-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})`)

// backslashes returns how many backslashes are at the end of p.
func backslashes(p []byte) int { return len(p) - len(bytes.TrimRight(p, `\`)) }

// isStructural reports whether a quote may begin or end a text, in JSON or prose.
func isStructural(p []byte, quote int) bool {
	return quote == 0 || quote == len(p)-1 || bytes.IndexByte([]byte("{[,:;( \t\r\n"), p[quote-1]) >= 0 || bytes.IndexByte([]byte("}],:;) \t\r\n"), p[quote+1]) >= 0
}

// beginWithBlanks returns where a user begins whose password has blanks, if what
// follows the last blank begins at start. What stands before the first blank is
// then not a host: there is a colon in it, and no port follows.
func beginWithBlanks(before []byte, start int) (begins int, ok bool) {
	blank := start
	for start > 0 && before[start-1] == ' ' {
		blank = start - 1
		start = begin(before[:blank])
	}
	_, password, _ := bytes.Cut(before[start:blank], []byte(":"))
	return start, bytes.HasSuffix(before[:start], []byte("://")) && len(bytes.Trim(password, "0123456789:")) > 0
}

// drive begins the name of a file in Windows.
var drive = regexp.MustCompile(`^[A-Za-z]:\\`)

// special are the schemes after which browsers expect a host, whatever the
// number of slashes (https://url.spec.whatwg.org/#special-scheme).
var special = regexp.MustCompile(`(?i)(?:^|[^a-z0-9+.-])(?:https?|wss?|ftp):$`)

// user masks a user and a password.
func user(p []byte) []byte {
	name, password, ok := bytes.Cut(p, []byte(":"))
	masked := []byte(secret(string(name)))
	if ok {
		masked = append(append(masked, ':'), secret(string(password))...)
	}
	return masked
}

// URLs that are encoded, once or several times.
var (
	encodedAt        = regexp.MustCompile(`(?i)%(?:25)*40`)
	encodedAuthority = regexp.MustCompile(`(?i)%(?:25)*3a(?:%(?:25)*(?:2f|5c)){2,}[^&/\\?#"<>\s]*`)
	encodedSlashes   = regexp.MustCompile(`(?i)^%(?:25)*3a(?:%(?:25)*(?:2f|5c))+`)
	encodedEnd       = regexp.MustCompile(`(?i)%(?:25)*(?:2f|5c|3f|23|20|22)`)
)

func encodedText(p []byte) []byte {
	return encodedAuthority.ReplaceAllFunc(p, func(match []byte) []byte {
		start := len(encodedSlashes.Find(match))
		end := len(match)
		if i := encodedEnd.FindIndex(match[start:]); i != nil {
			end = start + i[0]
		}
		ats := encodedAt.FindAllIndex(match[start:end], -1)
		if len(ats) == 0 {
			return match
		}
		last := start + ats[len(ats)-1][0]
		return bytes.Join([][]byte{match[:start], []byte(Mark), match[last:]}, nil)
	})
}
