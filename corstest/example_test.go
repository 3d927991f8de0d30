package corstest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/fetch"
)

// printer takes the place of your test's *testing.T and prints the failures.
type printer struct{ testing.TB }

func (printer) Helper() {}

func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (printer) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

var t = printer{}

// handler allows a page, but forgets PUT and exposes nothing.
var handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "https://app.example.com")
	w.Header().Set("Access-Control-Allow-Headers", "content-type")
	w.Header().Set("X-Total-Count", "3")
	io.WriteString(w, "[1,2,3]")
})

// A test that fails shows what the browser saw, what it says, and what is
// missing.
func Example() {
	corstest.Allows(t, handler, "https://app.example.com", "GET /items")
	corstest.Refuses(t, handler, "https://evil.example", "GET /items")

	corstest.Allows(t, handler, "https://app.example.com", "PUT /items/1", corstest.JSON(`{"name":"tea"}`))
	// Output:
	// corstest.Allows: PUT https://api.example.com/items/1 from a page of https://app.example.com
	//   want: script may make the request and read the response
	//   got:  Chrome blocks it: MethodDisallowedByPreflightResponse
	//
	//   1  OPTIONS https://api.example.com/items/1  (preflight, for method PUT, header content-type: application/json)
	//      > Access-Control-Request-Method: PUT
	//      > Access-Control-Request-Headers: content-type
	//      > Origin: https://app.example.com
	//      < 200 OK
	//      < Access-Control-Allow-Headers: content-type
	//      ✓ Access-Control-Allow-Origin: https://app.example.com
	//      < Content-Type: text/plain; charset=utf-8
	//      ✗ Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.
	//        So PUT itself is not sent.
	//
	//   Chrome's console:
	//      Access to fetch at 'https://api.example.com/items/1' from origin 'https://app.example.com' has been blocked by CORS policy: Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.
	//
	//   Cause: The server's policy does not allow the method PUT
	//      Any page may use GET, HEAD and POST. Any other method must be in the Access-Control-Allow-Methods of the preflight response.
	//      Fix: Add PUT to the methods that the policy allows.
	//
	//   To allow it, the preflight response needs:
	//      Access-Control-Allow-Methods: PUT
}

func ExampleExposes() {
	corstest.Exposes(t, handler, "https://app.example.com", "GET /items", "X-Total-Count")
	// Output:
	// corstest.Exposes: GET https://api.example.com/items from a page of https://app.example.com
	//   want: script can read X-Total-Count
	//   got:  script may read the response, but not its X-Total-Count
	//
	//   1  GET https://api.example.com/items
	//      > Origin: https://app.example.com
	//      < 200 OK
	//      < Access-Control-Allow-Headers: content-type
	//      ✓ Access-Control-Allow-Origin: https://app.example.com
	//      < Content-Type: text/plain; charset=utf-8
	//      ✓ script gets a response of type cors
	//
	//   Cause: Script cannot read the response header X-Total-Count
	//      Unless a header is exposed, script on another origin can read only Cache-Control, Content-Language, Content-Length, Content-Type, Expires, Last-Modified and Pragma.
	//      Fix: Add X-Total-Count to the headers that the policy exposes.
	//
	//   To let script read it, the response needs:
	//      Access-Control-Expose-Headers: X-Total-Count
}

// A mistake in the call is reported differently from a failure of the handler.
func ExampleAllows_mistake() {
	corstest.Allows(t, handler, "https://app.example.com/", "GET /items")
	corstest.Allows(t, handler, "https://app.example.com", "/items")
	// Output:
	// corstest.Allows: origin of the page: "https://app.example.com/" is not an origin: an origin has no slash at its end; write "https://app.example.com"
	// corstest.Allows: request "/items" has no method; write "GET /items"
}

func ExampleOutcome() {
	out := corstest.Outcome(t, handler, "https://app.example.com", "DELETE /items/1",
		corstest.WithCredentials(), corstest.Browsers(fetch.Firefox))
	fmt.Println(out.Result, out.Error.Code)
	fmt.Println(out.Preflight.Sent, out.Preflight.Reasons)
	// Output:
	// blocked PreflightInvalidAllowCredentials
	// true [method DELETE]
}
