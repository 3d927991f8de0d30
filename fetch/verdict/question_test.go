package verdict_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

const (
	asked   = `"origin":"https://app.example.com","url":"https://api.example.com/items"`
	allowed = `[["Access-Control-Allow-Origin","https://app.example.com"],["Access-Control-Allow-Methods","PUT"]]`
)

// answer returns the verdict on a question as JSON.
func answer(question []byte) ([]byte, error) {
	q, err := verdict.ParseQuestion(question)
	if err != nil {
		return nil, err
	}
	v, err := q.Ask()
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func TestAsk(t *testing.T) {
	tests := []struct{ name, question, want string }{
		{"simple", `{` + asked + `,"wire":[{"status":200,"response_headers":[["Access-Control-Allow-Origin","*"]]}]}`, `"result":"allowed"`},
		{"headers as an object", `{` + asked + `,"wire":[{"status":200,"response_headers":{"Access-Control-Allow-Origin":"*"}}]}`, `"result":"allowed"`},
		{"no header", `{` + asked + `,"wire":[{"status":200}]}`, `"code":"MissingAllowOriginHeader"`},
		{"null is left out", `{` + asked + `,"mode":null,"body":null,"page":null,"wire":[{"status":200,"kind":null,"headers":null}]}`, `"code":"MissingAllowOriginHeader"`},
		{"what would allow it", `{` + asked + `,"method":"PUT","wire":[{"status":204,"response_headers":[["Access-Control-Allow-Origin","*"]]}]}`, `"change":[{"field":"allow_methods","values":["PUT"],"why":"the method of the request","header":"Access-Control-Allow-Methods: PUT","on":"preflight"}]`},
		{"the answers by kind", `{` + asked + `,"method":"put","wire":[{"kind":"actual","status":201,"response_headers":` + allowed + `},{"kind":"preflight","status":204,"response_headers":` + allowed + `}]}`, `"result":"allowed","preflight":{"sent":true,"reasons":["method PUT"]`},
		{"the answers by url", `{` + asked + `,"wire":[{"url":"https://other.example/#x","status":200},{"url":"https://api.example.com/items#x","status":200,"response_headers":` + allowed + `}]}`, `"result":"allowed"`},
		{"the answers by method", `{` + asked + `,"method":"PUT","wire":[{"method":"PUT","status":200},{"method":"OPTIONS","headers":[["Accept","*/*"]],"status":200,"response_headers":` + allowed + `}]}`, `"code":"MissingAllowOriginHeader"`},
		{"in order", `{` + asked + `,"method":"PUT","wire":[{"status":204,"response_headers":` + allowed + `},{"status":200}]}`, `"code":"MissingAllowOriginHeader"`},
		{"redirect", `{` + asked + `,"wire":[{"status":302,"response_headers":[["Location","/new"],["Access-Control-Allow-Origin","*"]]},{"status":200,"response_headers":` + allowed + `}]}`, `"url":"https://api.example.com/new","redirected":true`},
		{"too few answers", `{` + asked + `,"method":"PUT","wire":[{"status":204,"response_headers":` + allowed + `}]}`, `"detail":"actual PUT https://api.example.com/items: request was not recorded"`},
		{"network error", `{` + asked + `,"wire":[{"error":"net::ERR_CONNECTION_REFUSED"}]}`, `"result":"error","error":{"code":"net::ERR_CONNECTION_REFUSED"`},
		{"network error in words", `{` + asked + `,"wire":[{"error":"net::ERR_CONNECTION_RESET: the cable is out"}]}`, `"detail":"the cable is out"`},
		{"another network error", `{` + asked + `,"wire":[{"error":"the cable is out"}]}`, `"detail":"the cable is out"`},
		{"all browsers", `{"profile":"all",` + asked + `}`, `"profiles":{"firefox":{"profile":"firefox"`},
		{"one browser", `{"profile":"firefox",` + asked + `,"wire":[{"status":200}]}`, `"profile":"firefox"`},
		{"steps", `{"explain":true,` + asked + `,"wire":[{"status":200}]}`, `"steps":[{"section":"`},
		{"read headers", `{"read_headers":["X-A","Content-Type"],` + asked + `,"wire":[{"status":200,"response_headers":` + allowed + `}]}`, `"read_headers":{"Content-Type":true,"X-A":false}`},
		{"script's mistake", `{` + asked + `,"method":"TRACE"}`, `"url":"https://api.example.com/items","method":"TRACE"`},
		{"body", `{` + asked + `,"method":"POST","body":{"kind":"blob","type":"application/json"}}`, `"reasons":["header content-type: application/json"]`},
		{"body of text", `{` + asked + `,"method":"POST","body":"x","wire":[{"status":200}]}`, `["Content-Type","text/plain;charset=UTF-8"]`},
		{"the page's URL", `{"page":"https://app.example.com/x?y","url":"/z","wire":[{"status":200}]}`, `"url":"https://app.example.com/z"`},
		{"address space", `{"page":{"address_space":"public","url":"https://app.example.com/x"},"url":"http://127.0.0.1/"}`, `"code":"LocalNetworkAccessPermissionDenied"`},
		{"permission", `{"page":{"address_space":"public","url":"https://app.example.com/x","grant_loopback":true},"url":"http://127.0.0.1/","wire":[{"status":200}]}`, `"code":"MissingAllowOriginHeader"`},
		{"bytes", `{` + asked + `,"headers":[["X-A","é"]]}`, `["X-A","é"]`},
		{"bytes in an object", `{` + asked + `,"headers":{"X-A":"é","x-b":""}}`, `["X-A","é"],["x-b",""]`},
	}
	for _, test := range tests {
		got, err := answer([]byte(test.question))
		if err != nil || !strings.Contains(string(got), test.want) {
			t.Errorf("%s: %v: %s\nlacks %s", test.name, err, got, test.want)
		}
	}
}

func TestAskRefuses(t *testing.T) {
	tests := []struct{ question, member, want string }{
		{``, "", "not JSON: unexpected end"},
		{`{` + asked + `} {}`, "", "not JSON: invalid character '{' after"},
		{strings.Repeat(`[`, 20000), "", "not JSON"},
		{strings.Repeat(` `, verdict.MaxQuestion+1), "", "at most 1048576"},
		{`{"url":"` + "\xff" + `"}`, "", "not UTF-8"},
		{`null`, "", "want a JSON object, got null"},
		{`[]`, "", "want a JSON object, got a list"},
		{`{}`, "url", "missing"},
		{`{"url":"/x"}`, "", "neither origin nor page"},
		{`{` + asked + `,"methdo":"PUT"}`, "methdo", `unknown member; did you mean "method"? use one of id, profile, origin, page, url, method, headers, body,`},
		{`{` + asked + `,"Method":"PUT"}`, "Method", `did you mean "method"?`},
		{`{` + asked + `,"verb":"PUT"}`, "verb", "unknown member; use one of id,"},
		{`{` + asked + `,"` + strings.Repeat("é", 100) + `":1}`, strings.Repeat("é", 32) + "…", "unknown member; use one of id,"},
		{`{` + asked + `,"method":"PUT","method":"PUT"}`, "method", "given twice"},
		{`{` + asked + `,"method":1}`, "method", "want a string, got the number 1"},
		{`{` + asked + `,"explain":"yes"}`, "explain", "want true or false, got a string"},
		{`{` + asked + `,"mode":"corss"}`, "mode", `unknown value "corss"; did you mean "cors"? use one of cors, no-cors, same-origin, websocket`},
		{`{` + asked + `,"credentials":"yes"}`, "credentials", `unknown value "yes"; use one of omit,`},
		{`{` + asked + `,"cache":"never"}`, "cache", "unknown value"},
		{`{` + asked + `,"redirect":"never"}`, "redirect", "unknown value"},
		{`{` + asked + `,"destination":"img"}`, "destination", "unknown value"},
		{`{` + asked + `,"referrer_policy":"never"}`, "referrer_policy", "unknown value"},
		{`{` + asked + `,"target_address_space":"outer"}`, "target_address_space", "unknown value"},
		{`{"profile":"netscape",` + asked + `}`, "profile", `unknown value "netscape"; use one of chrome,`},
		{`{"origin":"https://app.example.com/"}`, "origin", `write "https://app.example.com"`},
		{`{` + asked + `,"page":7}`, "page", "want a JSON object, got the number 7"},
		{`{` + asked + `,"page":"/x"}`, "page", "page url: "},
		{`{` + asked + `,"page":{"origin":"https://a.example"}}`, "page.origin", "unknown member; use one of url, referrer_policy,"},
		{`{` + asked + `,"page":{"address_space":"outer"}}`, "page.address_space", `unknown value "outer"; use one of unknown, public, local, loopback`},
		{`{` + asked + `,"page":{"referrer_policy":"outer"}}`, "page.referrer_policy", "unknown value"},
		{`{` + asked + `,"body":[]}`, "body", "want a JSON object, got a list"},
		{`{` + asked + `,"body":{}}`, "body.kind", "missing; use one of text,"},
		{`{` + asked + `,"body":{"kind":"json"}}`, "body.kind", `unknown value "json"`},
		{`{` + asked + `,"read_headers":"X-A"}`, "read_headers", "want a list of strings, got a string"},
		{`{` + asked + `,"read_headers":["X-A",null]}`, "read_headers[1]", "want a string, got null"},
		{`{` + asked + `,"wire":{}}`, "wire", "want a list of objects, got an object"},
		{`{` + asked + `,"wire":[null]}`, "wire[0]", "want a JSON object, got null"},
		{`{` + asked + `,"wire":[{"status":200},{}]}`, "wire[1]", "neither status nor error"},
		{`{` + asked + `,"wire":[{"status":100}]}`, "wire[0].status", "100; a final response"},
		{`{` + asked + `,"wire":[{"status":200.5}]}`, "wire[0].status", "want a whole number, got the number 200.5"},
		{`{` + asked + `,"wire":[{"kind":"other","status":200}]}`, "wire[0].kind", `unknown value "other"`},
		{`{` + asked + `,"wire":[{"url":"/x","status":200}]}`, "wire[0].url", ""},
		{`{` + asked + `,"wire":[{"state":200}]}`, "wire[0].state", `did you mean "status"?`},
		{`{` + asked + `,"headers":[["X-A","€"]]}`, "headers", "of byte strings"},
		{`{` + asked + `,"headers":["X-A: 1"]}`, "headers", `want {"Name": "value"} or [["Name", "value"]]`},
		{`{` + asked + `,"headers":[` + strings.Repeat(`["a","b"],`, 4096) + `["a","b"]]}`, "headers", "there are more than 4096"},
		{`{` + asked + `,"headers":{"X-A":1}}`, "headers", `"X-A" is not`},
		{`{` + asked + `,"headers":{"X-A":"€"}}`, "headers", `"X-A" is not`},
	}
	for _, test := range tests {
		got, err := answer([]byte(test.question))
		var e *verdict.QuestionError
		if !errors.As(err, &e) || e.Member != test.member || !strings.Contains(e.Error(), test.want) || !strings.HasPrefix(e.Error(), test.member) {
			t.Errorf("%.100q: %v %s\nwant an error about %q with %s", test.question, err, got, test.member, test.want)
		}
	}
}

// TestAskAgain checks that a verdict's own request and wire give that verdict.
func TestAskAgain(t *testing.T) {
	first, err := answer([]byte(`{` + asked + `,"method":"PUT","headers":[["X-A","1"]],"credentials":"include","wire":[{"status":204,"response_headers":` + allowed + `}]}`))
	if err != nil {
		t.Fatal(err)
	}
	again, err := answer(askAgain(t, first, nil))
	if err != nil || !bytes.Equal(again, first) {
		t.Errorf("%v: got  %s\nwant %s", err, again, first)
	}
}

// askAgain returns the question that a verdict's request and wire make, with
// other members.
func askAgain(t *testing.T, v []byte, other map[string]json.RawMessage) []byte {
	t.Helper()
	var parts struct {
		Request map[string]json.RawMessage
		Wire    json.RawMessage
	}
	if err := json.Unmarshal(v, &parts); err != nil {
		t.Fatal(err)
	}
	maps.Copy(parts.Request, other)
	parts.Request["wire"] = parts.Wire
	question, err := json.Marshal(parts.Request)
	if err != nil {
		t.Fatal(err)
	}
	return question
}

// TestQuestionJSON checks that every member is read, and written as it is read.
func TestQuestionJSON(t *testing.T) {
	const text = `{"id":{"a":1},"profile":"all","origin":"https://app.example.com","url":"https://api.example.com/","method":"PUT",` +
		`"headers":[["X-A","1"]],"credentials":"include","mode":"cors","redirect":"manual","destination":"xhr",` +
		`"page":{"url":"https://app.example.com/p","referrer_policy":"origin","address_space":"public","embedder_policy":"require-corp","grant_local":true,"grant_loopback":true,"block_third_party_cookies":true},` +
		`"body":{"kind":"blob","type":"image/png","text":"x"},"cache":"no-store","referrer_policy":"no-referrer","crossorigin":"","upload_listener":true,` +
		`"target_address_space":"local","cookie":"a=b","read_headers":["X-B"],"expect":"allowed","explain":true,` +
		`"wire":[{"kind":"preflight","url":"https://api.example.com/","method":"OPTIONS","headers":[["X-C","1"]],"hop":1,"status":204,"response_headers":[["X-D","1"]],` +
		`"error":"x","body_error":"net::ERR_FAILED","body_start":"y","protocol":"HTTP/1.1","tls":"TLS 1.3","remote":"127.0.0.1:443","milliseconds":1.5}]}`
	q, err := verdict.ParseQuestion([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(q)
	if err != nil || string(got) != text {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, text)
	}
	for _, v := range []any{*q, q.Request, q.Page, *q.Body, q.Answers[0]} {
		for i := range reflect.TypeOf(v).NumField() {
			if reflect.ValueOf(v).Field(i).IsZero() {
				t.Errorf("%T: %s is not in the test", v, reflect.TypeOf(v).Field(i).Name)
			}
		}
	}
	if r := q.FetchRequest(); r.Method != "PUT" || r.Body.Kind != fetch.BodyBlob || r.Body.Type != "image/png" || r.Cache != "no-store" || !r.UploadListener || *r.CrossOrigin != "" || r.TargetAddressSpace.String() != "local" {
		t.Errorf("request %+v", r)
	}
	if p := q.PageConfig(); p.Origin != q.Origin || p.AddressSpace.String() != "public" || !p.GrantLocal || !p.GrantLoopback || !p.BlockThirdPartyCookies || p.ReferrerPolicy != "origin" {
		t.Errorf("page %+v", p)
	}
}

// TestGuideQuestion asks what the guide asks.
func TestGuideQuestion(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guide/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(guide), "```json\n")
	question, _, _ := strings.Cut(text, "```")
	got, err := answer([]byte(question))
	if want := `"Access-Control-Allow-Methods: PUT","on":"preflight"`; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("%v: %s\nlacks %s", err, got, want)
	}
}

// A question that a program has made is checked, too.
func TestAskChecks(t *testing.T) {
	q := &verdict.Question{Request: verdict.Request{Origin: "https://a.example", URL: "https://b.example", Mode: "navigate"}}
	var e *verdict.QuestionError
	if _, err := q.Ask(); !errors.As(err, &e) || e.Member != "mode" {
		t.Errorf("%v", err)
	}
}

// FuzzQuestion checks that every question is refused with a typed error or gets
// a whole verdict, and that the verdict's requests on the wire, given as the
// answers, make the same verdict.
func FuzzQuestion(f *testing.F) {
	for _, seed := range []string{
		`{` + asked + `,"method":"PUT","headers":[["X-A","1"]],"wire":[{"status":204,"response_headers":` + allowed + `}]}`,
		`{"profile":"all","explain":true,"page":{"url":"https://a.example/x","address_space":"local"},"url":"//b.example","mode":"no-cors","body":{"kind":"text"}}`,
		`{` + asked + `,"wire":[{"status":302,"response_headers":{"Location":"/new"}},{"error":"net::ERR_FAILED"}]}`,
		`{` + asked + `,"headers":{"A":"é","A":null}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		out, err := answer(input)
		if err != nil {
			if !errors.As(err, new(*verdict.QuestionError)) {
				t.Fatalf("%T: %v", err, err)
			}
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
		var q map[string]json.RawMessage
		if err := json.Unmarshal(input, &q); err != nil {
			t.Fatal(err)
		}
		wire, err := json.Marshal(v.Wire)
		if err != nil {
			t.Fatal(err)
		}
		q["wire"] = wire
		question, err := json.Marshal(q)
		if err != nil || len(question) > verdict.MaxQuestion {
			return
		}
		var w verdict.Verdict
		if again, err := answer(question); err != nil || json.Unmarshal(again, &w) != nil || w.Result != v.Result {
			t.Errorf("%s, but with its own wire %v: %s", out, err, again)
		}
	})
}
