package demo

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

// call is one row of the page: a request that the page makes twice, and texts
// about it.
type call struct {
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`

	// Credentials makes the browser send cookies and keep those that it gets.
	Credentials bool `json:"credentials,omitempty"`

	// SignIn says that the page posts the sign-in form before the call.
	SignIn bool `json:"signIn,omitempty"`

	// Preflight says that browsers send a preflight first.
	Preflight bool `json:"preflight,omitempty"`

	About string `json:"-"` // what is special about the call

	// A typical result. The page reserves room for it until there is a real
	// one.
	SampleBody    string `json:"sampleBody"`
	SampleHeaders string `json:"sampleHeaders"`

	Status       int `json:"status"`       // of the response, if it could be read
	DirectStatus int `json:"directStatus"` // of the last response that the API gives directly

	// WhyReadable says why the page can read the response through corsac. Why
	// the browser blocks the direct call is for package cause to say.
	WhyReadable string `json:"whyReadable"`
}

// request returns the request that the page's script makes for a run of the
// call.
func (c *call) request(base, run string) *fetch.Request {
	r := &fetch.Request{URL: base + c.Path + "?run=" + url.QueryEscape(run), Method: c.Method}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		r.Headers = append(r.Headers, fetch.Header{Name: name, Value: c.Headers[name]})
	}
	if c.Body != "" {
		r.Body = &fetch.Body{Kind: fetch.BodyText}
	}
	if c.Credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	return r
}

// sampleHeaders are the headers in every response of the API.
const sampleHeaders = "cache-control: no-store\ncontent-length: 26\ncontent-type: application/json"

var calls = []call{
	{
		ID: "get", Title: "Simple GET", Method: http.MethodGet, Path: "/items",
		About:         "No body and no special headers: sent without a preflight.",
		SampleBody:    `[{"id":1,"name":"corsac"},{"id":2,"name":"fennec"},{"id":3,"name":"arctic fox"}]`,
		SampleHeaders: sampleHeaders + "\nx-total-count: 3",
		Status:        http.StatusOK, DirectStatus: http.StatusOK,
		WhyReadable: "corsac named this page’s origin in Access-Control-Allow-Origin, and exposed " +
			"X-Total-Count. The API’s X-Server-Node stays hidden.",
	},
	{
		ID: "put", Title: "JSON PUT", Method: http.MethodPut, Path: "/items/3",
		Headers:       map[string]string{"Content-Type": "application/json"},
		Body:          `{"name":"red fox"}`,
		Preflight:     true,
		SampleBody:    `{"id":3,"name":"red fox"}`,
		SampleHeaders: sampleHeaders,
		About:         "A PUT with a JSON body: the browser asks first, with a preflight.",
		Status:        http.StatusOK, DirectStatus: http.StatusMethodNotAllowed,
		WhyReadable: "corsac answered the preflight itself: PUT and content-type are allowed for this page. " +
			"Then the browser sent the PUT.",
	},
	{
		ID: "me", Title: "With credentials", Method: http.MethodGet, Path: "/me",
		Credentials: true, SignIn: true,
		SampleBody:    `{"name":"Ada Lovelace","role":"admin"}`,
		SampleHeaders: sampleHeaders,
		About: "A GET with the session cookie. The page signs in first with a form post, " +
			"which needs no preflight.",
		Status: http.StatusOK, DirectStatus: http.StatusOK,
		WhyReadable: "corsac names this one origin, never *, and sets Access-Control-Allow-Credentials: true. " +
			"Only then may the page read a response to a request with cookies.",
	},
	{
		ID: "broken", Title: "A 500", Method: http.MethodGet, Path: "/broken",
		SampleBody:    `{"error":"database is down"}`,
		SampleHeaders: sampleHeaders,
		About:         "The API fails, and says why in JSON.",
		Status:        http.StatusInternalServerError, DirectStatus: http.StatusInternalServerError,
		WhyReadable: "corsac sets its headers on every response, including errors. " +
			"The page sees the real failure and can show it to the user.",
	},
}
