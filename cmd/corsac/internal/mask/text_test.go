package mask

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"GET http://alice:hunter2@host/ from x", "GET http://a...:h...@host/ from x"},
		{`"http://alice@host", "b@c"`, `"http://a...@host", "b@c"`},
		{"http://al@ice:hun@ter2@host", "http://a...:hu...@host"},
		{"http://:hunter2@host", "http://:h...@host"},
		{`{"url":"https://alice:hunter2@host:80/?a=b"}`, `{"url":"https://a...:h...@host:80/?a=b"}`},
		{"http:alice:hunter2@host", "http:a...:h...@host"},
		{`http:\\\\mary:hunter2@host`, `http:\\\\m...:h...@host`},
		{`http:\\\alice:hunter2@host`, `http:...:h...@host`}, // the last one may begin an escape
		{`"http:\u001balice:hunter2@host"`, `"http:...:h...@host"`},
		{`"http://\u001balice:hunter2@host"`, `"http://...:h...@host"`},
		{`http://al\u009Bice:hunter2@host`, `http://al...:h...@host`},
		{`"http://alice:hun\"ter2@host"`, `"http://a...:hu...@host"`},
		{`http://alice:hun"ter2@host`, `http://a...:hu...@host`},
		{`http://alice:hun<ter2@host`, `http://a...:hu...@host`},
		{`http://alice:hun ter 2@host`, `http://a...:hu...@host`},
		{`"\"http://alice:hun\\\"ter2@host\""`, `"\"http://a...:hu...@host\""`},
		{`"\"http://al\\u009bice:hunter2@host\""`, `"\"http://al...:h...@host\""`},
		{`"http:\\nick:hunter2@host"`, `"http:...:h...@host"`},
		{`C:\temp\me@home\a.har`, `C:\temp\me@home\a.har`},
		{`"C:\\temp\\me@home"`, `"C:\\temp\\me@home"`},
		{"at https://host:8443: write to me@example.com", "at https://host:8443: write to me@example.com"},
		{"http://localhost:3000 and me@example.com", "http://localhost:3000 and me@example.com"},
		{`{"a":"http://host:abc","b":"me@example.com"}`, `{"a":"http://host:abc","b":"me@example.com"}`},
		{"HTTP:/alice:hunter2@host", "HTTP:/a...:h...@host"},
		{"'http://alice:it's,(1)@host'", "'http://a...:it...@host'"},
		{"postgres://alice:hunter2@host/db", "postgres://a...:h...@host/db"},
		{"Location: //alice:hunter2@host/", "Location: //a...:h...@host/"},
		{"//alice:hunter2@host/", "//a...:h...@host/"},
		{"next=https%3A%2F%2Falice%3Ahunter2%40host%2F", "next=https%3A%2F%2F...%40host%2F"},
		{"next=https%253A%252F%252Falice%253Ahunter2%2540host%252F&a=%40", "next=https%253A%252F%252F...%2540host%252F&a=%40"},
		{"a http://x/ b http://alice@y/ c http://bob:1@z/", "a http://x/ b http://a...@y/ c http://...:...@z/"},
		{"alice:hunter2@host", "a...:h...@host"},
		{"see mailto:me@example.com and git@host:x", "see mailto:me@example.com and git@host:x"},
		{`{"a":"me@example.com","b:c":"d"}`, `{"a":"me@example.com","b:c":"d"}`},
		{"me@example.com", "me@example.com"},
		{"https://host/a@b", "https://host/a@b"},
		{"https://host/a//b@c", "https://host/a//b@c"},
		{"https://host/?a=b@c", "https://host/?a=b@c"},
		{"note: see me@example.com and http://host", "note: see me@example.com and http://host"},
		{"@", "@"},
		{"", ""},
	} {
		if got := string(Text([]byte(c.text))); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

// TestTextIsFast checks that many signs without a URL take linear time.
func TestTextIsFast(t *testing.T) {
	for _, s := range []string{"@", "/@", "a:@", "//@", "%40", "%3A%2F%2F", "%25"} {
		Text(bytes.Repeat([]byte(s), 1<<20/len(s)))
	}
}

// FuzzTextInJSON checks that masked JSON is still JSON.
func FuzzTextInJSON(f *testing.F) {
	for _, s := range []string{"\x1balice:hunter2@host", `al"ice\:b@c`, "//\n:@%40", `http:\\a@b","c:d@e`} {
		f.Add(s)
		f.Add("http://" + s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := json.Marshal([]string{s, s + "@", `"` + s})
		if err == nil && !json.Valid(Text(text)) {
			t.Fatalf("%s of %s", Text(text), text)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("see ", "alice:hunter2", " and")
	f.Fuzz(func(t *testing.T, before, secret, after string) {
		if len(secret) < 8 || strings.ContainsAny(secret, ends+"@") {
			return
		}
		for _, scheme := range []string{"http://", "wss://", "HTTPS:/", "x://"} {
			if got := string(Text([]byte(before + " " + scheme + secret + "@host/" + after))); strings.Contains(got, scheme+secret) {
				t.Fatalf("%q", got)
			}
		}
		_ = Text([]byte(before + secret + after))
	})
}

func TestVerdict(t *testing.T) {
	v := &verdict.Verdict{
		Request: verdict.Request{URL: "http://alice:hunter2@host/", Headers: fetch.Headers{{Name: "Authorization", Value: "Bearer hunter2hunter2"}}},
		Error:   &verdict.Error{Message: "at 'http://alice:hunter2@host/'", Exception: "http://alice:hunter2@host/", Detail: "http://alice:hunter2@host/"},
		Wire: []verdict.Wire{{
			URL:             "http://alice:hunter2@host/",
			Headers:         fetch.Headers{{Name: "Cookie", Value: "sid=hunter2"}, {Name: "X-Api-Key", Value: "hunter2"}},
			ResponseHeaders: fetch.Headers{{Name: "Set-Cookie", Value: "sid=hunter2; Path=/"}, {Name: "Location", Value: "//alice:hunter2@host/?token=kept"}},
		}},
		Response: &verdict.Response{URL: "http://alice:hunter2@host/"},
		Steps:    []fetch.Step{{Text: "http://alice:hunter2@host/"}},
		Findings: []verdict.Finding{{Title: "http://alice:hunter2@host/", Evidence: []string{"Set-Cookie: sid=hunter2", "GET http://alice:hunter2@host/"}}},
	}
	v.Profiles = map[string]*verdict.Verdict{"firefox": {Request: v.Request}}
	before, masked := marshal(t, v), marshal(t, Verdict(v))
	if strings.Contains(masked, "hunter2") || !strings.Contains(masked, "token=kept") {
		t.Error(masked)
	}
	if marshal(t, v) != before {
		t.Error("the verdict has changed")
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
