package paste

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// Values of JavaScript: string, number, bool, nil for null, undefined, []any,
// *object, and search for URLSearchParams.
type (
	undefined struct{}
	number    string // as ToString writes it
	member    struct {
		name  string
		value any
	}
	pair   struct{ name, value string }
	search []pair
)

// object is an object, with its members in order.
type object struct {
	members []member
	index   map[string]int
}

// get returns a member, or undefined if there is none.
func (o *object) get(name string) any {
	if i, ok := o.index[name]; ok {
		return o.members[i].value
	}
	return undefined{}
}

// set gives a member a value. An existing member keeps its place.
func (o *object) set(name string, value any) {
	if i, ok := o.index[name]; ok {
		o.members[i].value = value
		return
	}
	if o.index == nil {
		o.index = map[string]int{}
	}
	o.index[name] = len(o.members)
	o.members = append(o.members, member{name, value})
}

// toString is ToString of the language, for values whose string is obvious.
func toString(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case number:
		return string(v), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	case undefined:
		return "undefined", true
	case search:
		return v.String(), true
	}
	return "", false
}

// exponent finds the zeros that Go writes before short exponents.
var exponent = lazyregexp.New(`(e[+-])0+`)

// toNumber returns a number as ToString writes it.
func toNumber(literal string) (number, bool) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(literal, "_", ""), 64)
	switch {
	case err != nil:
		return "", false
	case f >= 1e21 || f != 0 && f < 1e-6:
		return number(exponent.Get().ReplaceAllString(strconv.FormatFloat(f, 'g', -1, 64), "$1")), true
	}
	return number(strconv.FormatFloat(f, 'f', -1, 64)), true
}

// pairsOf returns the members of an object or of a list of pairs. ok is false
// if a value has no string.
func pairsOf(v any) (pairs []pair, ok bool) {
	add := func(name, value any) bool {
		n, okName := toString(name)
		v, okValue := toString(value)
		pairs = append(pairs, pair{n, v})
		return okName && okValue
	}
	switch v := v.(type) {
	case search:
		return v, true
	case *object:
		for _, m := range v.members {
			if !add(m.name, m.value) {
				return nil, false
			}
		}
		return pairs, true
	case []any:
		for _, item := range v {
			if two, ok := item.([]any); !ok || len(two) != 2 || !add(two[0], two[1]) {
				return nil, false
			}
		}
		return pairs, true
	}
	return nil, false
}

// searchOf reads a query string.
func searchOf(query string) (list search) {
	for part := range strings.SplitSeq(strings.TrimPrefix(query, "?"), "&") {
		name, value, _ := strings.Cut(part, "=")
		if part != "" {
			list = append(list, pair{unescapeQuery(name), unescapeQuery(value)})
		}
	}
	return list
}

func unescapeQuery(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

// queryBytes corrects the bytes that net/url escapes differently from
// https://url.spec.whatwg.org/#concept-urlencoded-serializer.
var queryBytes = strings.NewReplacer("~", "%7E", "%2A", "*")

// String returns s as application/x-www-form-urlencoded.
func (s search) String() string {
	var b strings.Builder
	for i, p := range s {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(queryBytes.Replace(url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value)))
	}
	return b.String()
}

// lengthOf returns the total length of names and values.
func lengthOf(pairs []pair) (n int) {
	for _, p := range pairs {
		n += len(p.name) + len(p.value)
	}
	return n
}

// appendJSON appends JSON.stringify(v).
func (e *evaluator) appendJSON(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case *object:
		return e.appendObject(b, v)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = e.appendJSON(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), e.grow(1)
	}
	text := ""
	switch v := v.(type) {
	case string:
		text = string(quoteJSON(v))
	case undefined:
		text = "null"
	case search:
		text = "{}"
	default:
		text, _ = toString(v)
	}
	return append(b, text...), e.grow(len(text))
}

func (e *evaluator) appendObject(b []byte, o *object) ([]byte, error) {
	if err := e.grow(len(o.members)); err != nil {
		return nil, err
	}
	b = append(b, '{')
	begin := len(b)
	for _, m := range o.members {
		if _, none := m.value.(undefined); none {
			continue
		}
		if len(b) > begin {
			b = append(b, ',')
		}
		b = append(append(b, quoteJSON(m.name)...), ':')
		var err error
		if b, err = e.appendJSON(b, m.value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func quoteJSON(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be encoded
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

var jsEscapes = map[byte]string{'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

// unquoteJS decodes the escapes of a string or template
// (https://tc39.es/ecma262/#prod-EscapeSequence). Half of a character beyond
// U+FFFF becomes U+FFFD, as when script encodes it to bytes.
func unquoteJS(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		if r, n := jsCodePoint(s[i:]); n > 0 {
			i += n
			if utf16.IsSurrogate(r) {
				low, n := jsCodePoint(s[i:])
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += n
				}
			}
			b.WriteRune(r)
			continue
		}
		c := s[i+1]
		i += 2
		switch decoded, ok := jsEscapes[c]; {
		case ok:
			b.WriteString(decoded)
		case c == '\n':
		case c == '\r':
			if strings.HasPrefix(s[i:], "\n") {
				i++
			}
		case c == '0':
			b.WriteByte(0)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// jsCodePoint reads \xHH, \uHHHH or \u{H…}; n is 0 for anything else.
func jsCodePoint(s string) (r rune, n int) {
	switch {
	case strings.HasPrefix(s, `\x`):
		if v, digits := leadingNumber(s[2:], 16, 2); digits == 2 {
			return rune(v), 4
		}
	case strings.HasPrefix(s, `\u{`):
		if v, digits := leadingNumber(s[3:], 16, 6); digits > 0 && strings.HasPrefix(s[3+digits:], "}") && v <= utf8.MaxRune {
			return rune(v), 4 + digits
		}
	case strings.HasPrefix(s, `\u`):
		if v, digits := leadingNumber(s[2:], 16, 4); digits == 4 {
			return rune(v), 6
		}
	}
	return 0, 0
}
