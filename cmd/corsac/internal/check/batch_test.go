package check

import (
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// TestBatch checks that a line overrides the command line.
func TestBatch(t *testing.T) {
	base := &Case{Page: fetch.PageConfig{Origin: "http://localhost:3000"}, ReadHeaders: []string{"X-A"}, Cookies: []string{"a=1"}}
	spec := &Spec{Method: "PUT", MethodGiven: true, Headers: []string{"X-All: 1"}, Credentials: "include", Body: BodySpec{Size: -1}}
	lines, err := Batch([]byte("\ufeff"+`{"url": "https://api.example/"}

{"id": 7, "url": "https://api.example/", "origin": "https://app.example", "method": "PATCH", "headers": {"X-B": "2", "x-all": "3"}, "credentials": "omit", "read_headers": ["X-C"], "cookie": "b=2", "profile": "firefox", "explain": true}
{"url": "/x", "page": "https://app.example/p", "body": "tea"}
{"url": "/x", "page": {"url": "https://app.example/p", "referrer_policy": "origin"}, "destination": "script", "mode": "cors"}
`), base, spec)
	if err != nil || len(lines) != 4 {
		t.Fatal(lines, err)
	}
	first := lines[0]
	if r := first.Request; r.Method != "PUT" || r.Credentials != "include" || r.Headers.Get("X-All") != "1" || first.Page != base.Page || first.Number != 1 || first.ID != nil {
		t.Errorf("defaults: %+v %+v", first.Case, r)
	}
	second := lines[1]
	if r := second.Request; r.Method != "PATCH" || r.Credentials != "omit" || r.Headers.Get("X-All")+r.Headers.Get("X-B") != "32" || second.Page.Origin != "https://app.example" ||
		!slices.Equal(second.ReadHeaders, []string{"X-A", "X-C"}) || !slices.Equal(second.Cookies, []string{"b=2"}) ||
		!slices.Equal(second.Profiles, []fetch.Profile{fetch.Firefox}) || !second.Explain || string(second.ID) != "7" || second.Number != 3 {
		t.Errorf("its own: %+v %+v", second.Case, r)
	}
	third := lines[2]
	if third.PageURL != "https://app.example/p" || third.Page != (fetch.PageConfig{}) || string(third.Body) != "tea" || third.Request.Body.Kind != fetch.BodyText {
		t.Errorf("a page that is loaded: %+v", third.Case)
	}
	fourth := lines[3]
	if fourth.PageURL != "" || fourth.Page.ReferrerPolicy != "origin" || fourth.Page.URL != "https://app.example/p" ||
		fourth.Request.CrossOrigin == nil || *fourth.Request.CrossOrigin != "use-credentials" || fourth.Request.Mode != "" {
		t.Errorf("a page that is described: %+v %+v", fourth.Case, fourth.Request)
	}
	if len(base.ReadHeaders) != 1 || len(base.Cookies) != 1 {
		t.Errorf("the base has changed: %+v", base)
	}
}

// TestBatchPosts checks that a body without a method is posted.
func TestBatchPosts(t *testing.T) {
	lines, err := Batch([]byte(`{"url": "https://api.example/", "origin": "null", "body": {"kind": "blob", "type": "application/json", "text": "{}"}}`), new(Case), &Spec{Body: BodySpec{Size: -1}})
	if err != nil || lines[0].Request.Method != "POST" || lines[0].Request.Body.Type != "application/json" {
		t.Errorf("%+v, %v", lines, err)
	}
}
