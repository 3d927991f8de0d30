package replay

import (
	"net/http/httptest"
	"strings"
	"testing"
)

const recorded = `{"log":{"entries":[
 {"request":{"method":"GET","url":"http://localhost:4100/api/x?q=1"},"response":{"status":200,"headers":[{"name":"content-type","value":"text/plain"},{"name":"Content-Encoding","value":"br"},{"name":":status","value":"200"},{"name":"X-A","value":"b\r\nc: d"}],"content":{"text":"one"}}},
 {"request":{"method":"GET","url":"http://localhost:4100/api/x?q=1"},"response":{"status":201,"headers":[],"content":{"text":"AP8=","encoding":"base64"}}},
 {"request":{"method":"POST","url":"https://api.example.com/users"},"response":{"status":204,"headers":[],"content":{}}},
 {"request":{"method":"GET","url":"https://api.example.com/a/../b|c%?d|e"},"response":{"status":200,"headers":[{"name":"Content-Type","value":"text/plain"},{"name":"X-A","value":"b  c: d"}],"content":{"text":"odd"}}},
 {"request":{"method":"GET","url":"https://api.example.com/blocked"},"response":{"status":0,"headers":[],"content":{}}}
]}}`

func TestServe(t *testing.T) {
	r, err := Read(strings.NewReader(recorded))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method  string
		targets []string
		status  int
		body    string
	}{
		{"GET", []string{"/api/x?q=1"}, 200, "one"},
		{"GET", []string{"/api/x?q=1"}, 201, "\x00\xff"},
		{"GET", []string{"/api/x?q=1"}, 201, "\x00\xff"},
		{"POST", []string{"/api/users", "/users"}, 204, ""},
		{"GET", []string{"/b|c%?d|e"}, 200, "odd"},
		{"GET", []string{"/api/x"}, 0, ""},
		{"GET", []string{"/blocked"}, 0, ""},
		{"PUT", []string{"/users"}, 0, ""},
	} {
		w := httptest.NewRecorder()
		if r.Serve(w, c.method, c.targets...) != (c.status != 0) || c.status != 0 && (w.Code != c.status || w.Body.String() != c.body) {
			t.Errorf("%s %s: %d %q", c.method, c.targets, w.Code, w.Body)
		}
		if c.status == 200 && (w.Header().Get("Content-Encoding") != "" || w.Header().Get("Content-Type") != "text/plain" || w.Header().Get("X-A") != "b  c: d") {
			t.Errorf("%v", w.Header())
		}
	}
	if got := r.Targets("GET", 9); len(got) != 2 || got[0] != "/api/x?q=1" {
		t.Errorf("%q", got)
	}
}

func TestRead(t *testing.T) {
	for _, text := range []string{"", "{}", "[]", `{"log":{"entries":[{"request":{"url":"http://x/"},"response":{"status":200,"content":{"text":"!","encoding":"base64"}}}]}}`} {
		if _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is a recording", text)
		}
	}
}
