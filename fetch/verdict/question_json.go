package verdict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/fetch"
)

// MaxQuestion is how long the JSON of a question may be, in bytes.
const MaxQuestion = 1 << 20

// ParseQuestion reads a question in JSON, such as
//
//	{
//	  "origin": "https://app.example.com", "url": "https://api.example.com/items", "method": "PUT",
//	  "wire": [
//	    {"kind": "preflight", "status": 204, "response_headers": {"Access-Control-Allow-Origin": "*"}},
//	    {"kind": "actual", "status": 200, "response_headers": {"Access-Control-Allow-Origin": "*"}}
//	  ]
//	}
//
// It is strict: names are compared as they are, and an unknown member, one that
// is given twice, and a value that the member cannot have are errors. null
// leaves a member out. Headers are {"Name": "value"} or [["Name", "value"]],
// where each code point is a byte. Whether there are an origin and a URL is left
// to those who answer. The error is a [*QuestionError].
func ParseQuestion(input []byte) (*Question, error) {
	if len(input) > MaxQuestion {
		return nil, wrong("", "it has %d bytes; at most %d", len(input), MaxQuestion)
	}
	if !utf8.Valid(input) {
		return nil, wrong("", "it is not UTF-8")
	}
	var value json.RawMessage
	if err := json.Unmarshal(input, &value); err != nil {
		return nil, wrong("", "it is not JSON: %w", err)
	}
	q := &Question{}
	if err := readObject("", value, q.members()); err != nil {
		return nil, err
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	return q, nil
}

// member is a member that an object can have, and how its value is read.
type member struct {
	name string
	read reader
}

// reader reads a value that is not null to where it belongs. at is the path of
// the value in the question.
type reader func(at string, value json.RawMessage) error

func (q *Question) members() []member {
	return []member{
		{"id", func(_ string, value json.RawMessage) error { q.ID = slices.Clone(value); return nil }},
		{"profile", to(&q.Profile, aString)},
		{"origin", to(&q.Origin, aString)},
		{"page", q.Page.read},
		{"url", to(&q.URL, aString)},
		{"method", to(&q.Method, aString)},
		{"headers", toHeaders(&q.Headers)},
		{"body", q.readBody},
		{"credentials", to(&q.Credentials, aString)},
		{"mode", to(&q.Mode, aString)},
		{"redirect", to(&q.Redirect, aString)},
		{"destination", to(&q.Destination, aString)},
		{"cache", to(&q.Cache, aString)},
		{"referrer_policy", to(&q.ReferrerPolicy, aString)},
		{"crossorigin", to(&q.CrossOrigin, aString)},
		{"upload_listener", to(&q.UploadListener, aBool)},
		{"target_address_space", to(&q.TargetAddressSpace, aString)},
		{"cookie", to(&q.Cookie, aString)},
		{"read_headers", q.readNames},
		{"expect", to(&q.Expect, aString)},
		{"explain", to(&q.Explain, aBool)},
		{"wire", q.readAnswers},
	}
}

// read reads a page, or its URL alone.
func (p *Page) read(at string, value json.RawMessage) error {
	if value[0] == '"' {
		return to(&p.URL, aString)(at, value)
	}
	return readObject(at, value, []member{
		{"url", to(&p.URL, aString)},
		{"referrer_policy", to(&p.ReferrerPolicy, aString)},
		{"address_space", to(&p.AddressSpace, aString)},
		{"embedder_policy", to(&p.EmbedderPolicy, aString)},
		{"grant_local", to(&p.GrantLocal, aBool)},
		{"grant_loopback", to(&p.GrantLoopback, aBool)},
		{"block_third_party_cookies", to(&p.BlockThirdPartyCookies, aBool)},
	})
}

// readBody reads a body, or its text alone.
func (q *Question) readBody(at string, value json.RawMessage) error {
	b := &Body{}
	q.Body = b
	if value[0] == '"' {
		b.Kind = fetch.BodyText
		return to(&b.Text, aString)(at, value)
	}
	return readObject(at, value, []member{
		{"kind", to(&b.Kind, aString)},
		{"type", to(&b.Type, aString)},
		{"text", to(&b.Text, aString)},
	})
}

func (q *Question) readNames(at string, value json.RawMessage) error {
	return eachItem(at, value, "a list of strings", func(at string, item json.RawMessage) error {
		q.ReadHeaders = append(q.ReadHeaders, "")
		return to(&q.ReadHeaders[len(q.ReadHeaders)-1], aString)(at, item)
	})
}

func (q *Question) readAnswers(at string, value json.RawMessage) error {
	return eachItem(at, value, "a list of objects", func(at string, item json.RawMessage) error {
		q.Answers = append(q.Answers, Wire{})
		return readObject(at, item, q.Answers[len(q.Answers)-1].members())
	})
}

func (w *Wire) members() []member {
	return []member{
		{"kind", to(&w.Kind, aString)},
		{"url", to(&w.URL, aString)},
		{"method", to(&w.Method, aString)},
		{"headers", toHeaders(&w.Headers)},
		{"hop", to(&w.Hop, aNumber)},
		{"status", to(&w.Status, aNumber)},
		{"response_headers", toHeaders(&w.ResponseHeaders)},
		{"error", to(&w.Error, aString)},
		{"body_error", to(&w.BodyError, aString)},
		{"body_start", to(&w.BodyStart, aString)},
		{"protocol", to(&w.Protocol, aString)},
		{"tls", to(&w.TLS, aString)},
		{"remote", to(&w.Remote, aString)},
		{"milliseconds", to(&w.Milliseconds, "a number")},
	}
}

// What values are called in errors.
const (
	aString = "a string"
	aBool   = "true or false"
	aNumber = "a whole number"
)

// to returns the reader of a value that encoding/json reads; want names it.
func to[T any](target *T, want string) reader {
	return func(at string, value json.RawMessage) error {
		if value[0] == 'n' || json.Unmarshal(value, target) != nil {
			return wrong(at, "want %s, got %s", want, kindOf(value))
		}
		return nil
	}
}

// toHeaders returns the reader of {"Name": "value"} or [["Name", "value"]].
func toHeaders(target *fetch.Headers) reader {
	return func(at string, value json.RawMessage) error {
		if value[0] != '{' {
			if err := json.Unmarshal(value, target); err != nil {
				return wrong(at, `want {"Name": "value"} or [["Name", "value"]] of byte strings`)
			}
			return nil
		}
		return eachMember(value, func(name string, value json.RawMessage) error {
			pair, err := json.Marshal([]any{name, value})
			if err != nil {
				return err
			}
			var h fetch.Header
			if value[0] != '"' || json.Unmarshal(pair, &h) != nil {
				return wrong(at, `want {"Name": "value"} or [["Name", "value"]] of byte strings; %q is not`, abridge(name))
			}
			*target = append(*target, h)
			return nil
		})
	}
}

// eachItem calls do with the items of a list; want names it.
func eachItem(at string, value json.RawMessage, want string, do reader) error {
	var list []json.RawMessage
	if err := to(&list, want)(at, value); err != nil {
		return err
	}
	for i, item := range list {
		if err := do(fmt.Sprintf("%s[%d]", at, i), item); err != nil {
			return err
		}
	}
	return nil
}

// readObject reads an object by its members, each of which it has at most once.
func readObject(at string, value json.RawMessage, members []member) error {
	if value[0] != '{' {
		return wrong(at, "want a JSON object, got %s", kindOf(value))
	}
	seen := map[string]bool{}
	return eachMember(value, func(name string, value json.RawMessage) error {
		path := strings.TrimPrefix(at+"."+abridge(name), ".")
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		switch {
		case i < 0:
			names := make([]string, len(members))
			for i, m := range members {
				names[i] = m.name
			}
			return wrong(path, "unknown member; %suse one of %s", meant(name, names), strings.Join(names, ", "))
		case seen[name]:
			return wrong(path, "given twice")
		}
		seen[name] = true
		if string(value) == "null" {
			return nil
		}
		return members[i].read(path, value)
	})
}

// eachMember calls do with the members of an object, which is valid JSON, in
// their order.
func eachMember(object json.RawMessage, do func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil { // the brace
		return err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		name, _ := token.(string)
		if err := do(name, value); err != nil {
			return err
		}
	}
	return nil
}

// kindOf names the kind of a JSON value.
func kindOf(value json.RawMessage) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return string(value)
	case 'n':
		return "null"
	}
	return "the number " + abridge(string(value))
}
