package demo

import "net/http"

// call is one row of the page: a request that the page makes twice, and
// explanations. An explanation is shown only if what happened is what it
// explains; the page compares the result with Status.
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

	Status       int    `json:"status"`       // of the response, if it could be read
	DirectStatus int    `json:"directStatus"` // of the last response that the API gives directly
	WhyBlocked   string `json:"whyBlocked"`
	WhyReadable  string `json:"whyReadable"`

	// The browsers' console messages for the direct call. {url} stands for the
	// URL of the call and {origin} for the page's origin.
	Chrome  string `json:"chrome"`
	Firefox string `json:"firefox"`
}

// Console messages for a response without Access-Control-Allow-Origin. The
// words are the browsers'; a test compares Chromium's with those of a real one.
const (
	chromeMissing = "Access to fetch at '{url}' from origin '{origin}' has been blocked by CORS policy: " +
		"No 'Access-Control-Allow-Origin' header is present on the requested resource."
	chromePreflightMissing = "Access to fetch at '{url}' from origin '{origin}' has been blocked by CORS policy: " +
		"Response to preflight request doesn't pass access control check: " +
		"No 'Access-Control-Allow-Origin' header is present on the requested resource."
	firefoxMissing = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}. " +
		"(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: "
)

// sampleHeaders are the headers in every response of the API.
const sampleHeaders = "cache-control: no-store\ncontent-length: 26\ncontent-type: application/json"

var calls = []call{
	{
		ID: "get", Title: "Simple GET", Method: http.MethodGet, Path: "/items",
		About:         "No body and no special headers: sent without a preflight.",
		SampleBody:    `[{"id":1,"name":"corsac"},{"id":2,"name":"fennec"},{"id":3,"name":"arctic fox"}]`,
		SampleHeaders: sampleHeaders + "\nx-total-count: 3",
		Status:        http.StatusOK, DirectStatus: http.StatusOK,
		WhyBlocked: "The API got the request and answered 200. " +
			"The response does not name this page’s origin, so the browser hides it from the page.",
		WhyReadable: "corsac named this page’s origin in Access-Control-Allow-Origin, and exposed " +
			"X-Total-Count. The API’s X-Server-Node stays hidden.",
		Chrome:  chromeMissing,
		Firefox: firefoxMissing + "200.",
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
		WhyBlocked: "The browser asked first. The API does not handle OPTIONS and answered 405, " +
			"without CORS headers. The PUT was never sent.",
		WhyReadable: "corsac answered the preflight itself: PUT and content-type are allowed for this page. " +
			"Then the browser sent the PUT.",
		Chrome:  chromePreflightMissing,
		Firefox: firefoxMissing + "405.",
	},
	{
		ID: "me", Title: "With credentials", Method: http.MethodGet, Path: "/me",
		Credentials: true, SignIn: true,
		SampleBody:    `{"name":"Ada Lovelace","role":"admin"}`,
		SampleHeaders: sampleHeaders,
		About: "A GET with the session cookie. The page signs in first with a form post, " +
			"which needs no preflight.",
		Status: http.StatusOK, DirectStatus: http.StatusOK,
		WhyBlocked: "The cookie was sent, and the API answered with the user’s data. " +
			"The response does not name this page’s origin, so the browser hides it from the page.",
		WhyReadable: "corsac names this one origin, never *, and sets Access-Control-Allow-Credentials: true. " +
			"Only then may the page read a response to a request with cookies.",
		Chrome:  chromeMissing,
		Firefox: firefoxMissing + "200.",
	},
	{
		ID: "broken", Title: "A 500", Method: http.MethodGet, Path: "/broken",
		SampleBody:    `{"error":"database is down"}`,
		SampleHeaders: sampleHeaders,
		About:         "The API fails, and says why in JSON.",
		Status:        http.StatusInternalServerError, DirectStatus: http.StatusInternalServerError,
		WhyBlocked: "The API answered 500 and said why, but the page cannot read it: " +
			"to the page, this is the same “Failed to fetch” as the others.",
		WhyReadable: "corsac sets its headers on every response, including errors. " +
			"The page sees the real failure and can show it to the user.",
		Chrome:  chromeMissing,
		Firefox: firefoxMissing + "500.",
	},
}
