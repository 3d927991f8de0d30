package playground

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

const (
	page    = `"request":{"origin":"https://app.example.com","url":"https://api.example.com/items"`
	allowed = `[["Access-Control-Allow-Origin","https://app.example.com"],["Access-Control-Allow-Methods","PUT"]]`
)

func TestDecide(t *testing.T) {
	tests := []struct{ name, question, want string }{
		{"simple", `{` + page + `},"wire":[{"status":200,"response_headers":[["Access-Control-Allow-Origin","*"]]}]}`, `"result":"allowed"`},
		{"no header", `{` + page + `},"wire":[{"status":200}]}`, `"code":"MissingAllowOriginHeader"`},
		{"what would allow it", `{` + page + `,"method":"PUT"},"wire":[{"status":204,"response_headers":[["Access-Control-Allow-Origin","*"]]}]}`, `"change":[{"field":"allow_methods","values":["PUT"],"why":"the method of the request","header":"Access-Control-Allow-Methods: PUT","on":"preflight"}]`},
		{"the answers by kind", `{` + page + `,"method":"put"},"wire":[{"kind":"actual","status":201,"response_headers":` + allowed + `},{"kind":"preflight","status":204,"response_headers":` + allowed + `}]}`, `"result":"allowed","preflight":{"sent":true,"reasons":["method PUT"]`},
		{"the answers by url", `{` + page + `},"wire":[{"url":"https://other.example/#x","status":200},{"url":"https://api.example.com/items#x","status":200,"response_headers":` + allowed + `}]}`, `"result":"allowed"`},
		{"the answers by method", `{` + page + `,"method":"PUT"},"wire":[{"method":"PUT","status":200},{"method":"OPTIONS","status":200,"response_headers":` + allowed + `}]}`, `"code":"MissingAllowOriginHeader"`},
		{"in order", `{` + page + `,"method":"PUT"},"wire":[{"status":204,"response_headers":` + allowed + `},{"status":200}]}`, `"code":"MissingAllowOriginHeader"`},
		{"redirect", `{` + page + `},"wire":[{"status":302,"response_headers":[["Location","/new"],["Access-Control-Allow-Origin","*"]]},{"status":200,"response_headers":` + allowed + `}]}`, `"url":"https://api.example.com/new","redirected":true`},
		{"too few answers", `{` + page + `,"method":"PUT"},"wire":[{"status":204,"response_headers":` + allowed + `}]}`, `"detail":"actual PUT https://api.example.com/items: request was not recorded"`},
		{"network error", `{` + page + `},"wire":[{"error":"net::ERR_CONNECTION_REFUSED"}]}`, `"result":"error","error":{"code":"net::ERR_CONNECTION_REFUSED"`},
		{"network error in words", `{` + page + `},"wire":[{"error":"net::ERR_CONNECTION_RESET: the cable is out"}]}`, `"detail":"the cable is out"`},
		{"another network error", `{` + page + `},"wire":[{"error":"the cable is out"}]}`, `"detail":"the cable is out"`},
		{"all browsers", `{"profile":"all",` + page + `}}`, `"profiles":{"firefox":{"profile":"firefox"`},
		{"one browser", `{"profile":"firefox",` + page + `},"wire":[{"status":200}]}`, `"profile":"firefox"`},
		{"steps", `{"explain":true,` + page + `},"wire":[{"status":200}]}`, `"steps":[{"section":"`},
		{"read headers", `{"read_headers":["X-A","Content-Type"],` + page + `},"wire":[{"status":200,"response_headers":` + allowed + `}]}`, `"read_headers":{"Content-Type":true,"X-A":false}`},
		{"script's mistake", `{` + page + `,"method":"TRACE"}}`, `"url":"https://api.example.com/items","method":"TRACE"`},
		{"body", `{` + page + `,"method":"POST","body":{"kind":"blob","type":"application/json"}}}`, `"reasons":["header content-type: application/json"]`},
		{"address space", `{"page":{"address_space":"public","url":"https://app.example.com/x"},"request":{"url":"http://127.0.0.1/"}}`, `"code":"LocalNetworkAccessPermissionDenied"`},
		{"permission", `{"page":{"address_space":"public","url":"https://app.example.com/x","grant_loopback":true},"request":{"url":"http://127.0.0.1/"},"wire":[{"status":200}]}`, `"code":"MissingAllowOriginHeader"`},
		{"bytes", `{` + page + `,"headers":[["X-A","é"]]}}`, `["X-A","é"]`},
	}
	for _, test := range tests {
		got := string(Decide([]byte(test.question)))
		if !strings.Contains(got, test.want) || strings.HasPrefix(got, `{"error"`) {
			t.Errorf("%s: %s\nlacks %s", test.name, got, test.want)
		}
	}
}

func TestDecideRefuses(t *testing.T) {
	tests := []struct{ question, want string }{
		{``, "the question is not the JSON it should be: EOF"},
		{`null`, "page has neither an origin nor a url"},
		{`[]`, "cannot unmarshal array"},
		{`{}`, "page has neither an origin nor a url"},
		{`{` + page + `}} {}`, "followed by something else"},
		{`{` + page + `,"methods":"PUT"}}`, `unknown field \"methods\"`},
		{`{"profile":"netscape",` + page + `}}`, `unknown profile \"netscape\"`},
		{`{"request":{"origin":"https://app.example.com/"}}`, `write \"https://app.example.com\"`},
		{`{"page":{"origin":"https://a.example"},"request":{"origin":"https://b.example"}}`, "drop one"},
		{`{"page":{"address_space":"outer"}}`, `unknown address space \"outer\"`},
		{`{` + page + `},"wire":[{"status":200},{}]}`, "wire[1]: neither status nor error"},
		{`{` + page + `},"wire":[{"status":100}]}`, "wire[0]: status 100"},
		{`{` + page + `},"wire":[{"kind":"other","status":200}]}`, `unknown kind \"other\"`},
		{`{` + page + `},"wire":[{"url":"/x","status":200}]}`, "wire[0]: url"},
		{`{` + page + `,"headers":[["X-A","€"]]}}`, "is not a byte string"},
		{`{` + page + `,"headers":["X-A: 1"]}}`, "header is not [name, value]"},
		{strings.Repeat(`[`, 20000), "not the JSON it should be"},
		{strings.Repeat(` `, MaxInput+1), "at most 1048576"},
	}
	for _, test := range tests {
		got := Decide([]byte(test.question))
		var e struct{ Error string }
		if err := json.Unmarshal(got, &e); err != nil || e.Error == "" || !bytes.Contains(got, []byte(test.want)) {
			t.Errorf("%.100q: %s\nlacks %s", test.question, got, test.want)
		}
	}
}

// TestDecideAgain holds that a verdict's own request and wire give that verdict.
func TestDecideAgain(t *testing.T) {
	first := Decide([]byte(`{` + page + `,"method":"PUT","headers":[["X-A","1"]],"credentials":"include"},"wire":[{"status":204,"response_headers":` + allowed + `}]}`))
	var v verdict.Verdict
	if err := json.Unmarshal(first, &v); err != nil {
		t.Fatal(err)
	}
	question, err := json.Marshal(map[string]any{"request": v.Request, "wire": v.Wire})
	if err != nil {
		t.Fatal(err)
	}
	if again := Decide(question); !bytes.Equal(again, first) {
		t.Errorf("got  %s\nwant %s", again, first)
	}
}

// FuzzDecide holds that every answer is a refusal or a whole verdict, and that the requests that the
// verdict has on the wire, given as the answers, make the same verdict.
func FuzzDecide(f *testing.F) {
	for _, seed := range []string{
		`{` + page + `,"method":"PUT","headers":[["X-A","1"]]},"wire":[{"status":204,"response_headers":` + allowed + `}]}`,
		`{"profile":"all","explain":true,"page":{"url":"https://a.example/x","address_space":"local"},"request":{"url":"//b.example","mode":"no-cors","body":{"kind":"text"}}}`,
		`{` + page + `},"wire":[{"status":302,"response_headers":[["Location","/new"]]},{"error":"net::ERR_FAILED"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		out := Decide(input)
		var refusal struct{ Error json.RawMessage }
		if err := json.Unmarshal(out, &refusal); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if bytes.HasPrefix(refusal.Error, []byte(`"`)) {
			return
		}
		var v verdict.Verdict
		d := json.NewDecoder(bytes.NewReader(out))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if v.Result == fetch.Failed || len(v.Profiles) > 0 {
			return
		}
		var q map[string]any
		if err := json.Unmarshal(input, &q); err != nil {
			return // the last of two members of one name is not the one that Go's decoder joined
		}
		for name := range q { // encoding/json does not mind the case of names
			if strings.EqualFold(name, "wire") {
				delete(q, name)
			}
		}
		q["wire"] = v.Wire
		question, err := json.Marshal(q)
		if err != nil || len(question) > MaxInput {
			return
		}
		var w verdict.Verdict
		if again := Decide(question); json.Unmarshal(again, &w) != nil || w.Result != v.Result {
			t.Errorf("%s, but with its own wire %s", out, again)
		}
	})
}
