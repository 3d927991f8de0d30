package cors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

func getItems(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Total-Count", "1")
	io.WriteString(w, `["tea"]`)
}

func putItem(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// Wrap the whole mux: the middleware then answers the preflight of PUT /items
// before the mux can refuse it.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", getItems)
	mux.HandleFunc("PUT /items/{id}", putItem)

	policy, err := cors.New(cors.Policy{
		AllowOrigins:     []string{"https://app.example.com", "https://*.example.org"},
		AllowMethods:     []string{"PUT"},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	handler := policy.Wrap(mux) // for http.ListenAndServe(":8080", handler)

	// What a browser sends before PUT /items/1 from a page of that origin:
	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	r.Header.Set("Access-Control-Request-Headers", "content-type")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)

	fmt.Println(w.Code)
	fmt.Println(w.Header().Get("Access-Control-Allow-Origin"))
	fmt.Println(w.Header().Get("Access-Control-Allow-Methods"))
	// Output:
	// 204
	// https://app.example.com
	// PUT
}

// INCORRECT: the middleware wraps handlers inside a mux whose patterns have
// methods. "PUT /items/{id}" does not match OPTIONS, so the mux answers the
// preflight with 405 and the middleware never sees it. Wrap the mux instead, as
// in the package example.
func ExampleMiddleware_Wrap_incorrect() {
	policy, err := cors.New(cors.Policy{
		AllowOrigins: []string{"https://app.example.com"},
		AllowMethods: []string{"PUT"},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("PUT /items/{id}", policy.Wrap(http.HandlerFunc(putItem))) // wrong

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)

	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Origin") == "")
	// Output:
	// 405 true
}

// For different policies on different parts of an API, wrap a mux for each part
// and register it under a pattern without a method.
func ExampleMiddleware_Wrap_perRoute() {
	public, err1 := cors.New(cors.Policy{AllowOrigins: []string{"*"}})
	private, err2 := cors.New(cors.Policy{AllowOrigins: []string{"https://app.example.com"}, AllowCredentials: true})
	if err := errors.Join(err1, err2); err != nil {
		log.Fatal(err)
	}
	api := http.NewServeMux()
	api.HandleFunc("GET /api/items", getItems)
	fonts := http.NewServeMux()
	fonts.HandleFunc("GET /fonts/{name}", getItems)

	mux := http.NewServeMux()
	mux.Handle("/api/", private.Wrap(api))
	mux.Handle("/fonts/", public.Wrap(fonts))

	for _, path := range []string{"/api/items", "/fonts/tea.woff2"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Origin", "https://app.example.com")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(path, w.Header().Get("Access-Control-Allow-Origin"))
	}
	// Output:
	// /api/items https://app.example.com
	// /fonts/tea.woff2 *
}

// One error lists all mistakes, each with what to write instead.
func ExampleNew_errors() {
	_, err := cors.New(cors.Policy{
		AllowOrigins: []string{"https://app.example.com/", "*"},
		AllowMethods: []string{"PUT, DELETE"},
	})
	fmt.Println(err)

	var all cors.ConfigErrors
	if errors.As(err, &all) {
		for _, e := range all {
			fmt.Println(e.Code, e.Field, e.Index)
		}
	}
	// Output:
	// AllowOrigins[0]: "https://app.example.com/": an origin has no slash at its end; write "https://app.example.com"
	// AllowOrigins[1]: "*": it allows every origin, which makes the others pointless; drop it, or drop the others
	// AllowMethods[0]: "PUT, DELETE": it is not a method; list each method separately, such as "PUT"
	// origin.invalid allow_origins 0
	// wildcard.mixed allow_origins 1
	// method.invalid allow_methods 0
}

// Decide says why a request is refused.
func ExampleMiddleware_Decide() {
	policy, err := cors.New(cors.Policy{
		AllowOrigins: []string{"https://app.example.com"},
		AllowHeaders: []string{"Content-Type"},
	})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("OPTIONS", "/items", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "content-type,x-trace")

	d := policy.Decide(r)
	fmt.Println(d.Reason == cors.HeaderNotAllowed)
	fmt.Println(d)
	// Output:
	// true
	// refused: preflight POST from https://app.example.com: the policy does not allow the request header "x-trace"
}

// Count decisions for metrics, log refusals, and try out a stricter policy
// before it is deployed.
func ExampleMiddleware_Observe() {
	policy, err := cors.New(cors.Policy{AllowOrigins: []string{"https://*.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	observer, err := policy.Observe(cors.ObserveConfig{
		Report: func(d cors.Decision) { fmt.Println(d) }, // in a goroutine of its own
		Trial:  []cors.Policy{{AllowOrigins: []string{"https://app.example.com"}}},
	})
	if err != nil {
		log.Fatal(err)
	}

	handler := policy.Wrap(http.HandlerFunc(getItems))
	for _, from := range []string{"https://app.example.com", "https://old.example.com", "https://example.net"} {
		r := httptest.NewRequest("GET", "/items", nil)
		r.Header.Set("Origin", from)
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	observer.Stop()

	for d, n := range observer.Counts() {
		fmt.Printf("kind=%v reason=%v trial=%t %d\n", d.Kind, d.Reason, d.Trial, n)
	}
	// Output:
	// would be refused: actual GET from https://old.example.com: the policy does not allow the origin
	// refused: actual GET from https://example.net: the policy does not allow the origin
	// kind=actual reason=permitted trial=false 2
	// kind=actual reason=origin-not-allowed trial=false 1
	// kind=actual reason=origin-not-allowed trial=true 1
}

// Allow the origins of tenants in a database, with one query per origin and
// minute.
func ExampleCacheOrigins() {
	isTenant := func(_ context.Context, o origin.Origin) (bool, error) { // SELECT …
		fmt.Println("query:", o)
		return o.Host() == "acme.example", nil
	}
	policy, err := cors.New(cors.Policy{
		AllowOriginFunc: cors.CacheOrigins(cors.CacheConfig{Lookup: isTenant, TTL: time.Minute}),
	})
	if err != nil {
		log.Fatal(err)
	}

	for _, from := range []string{"https://acme.example", "https://acme.example", "https://example.net"} {
		r := httptest.NewRequest("GET", "/items", nil)
		r.Header.Set("Origin", from)
		fmt.Println(policy.Decide(r).Allowed)
	}
	// Output:
	// query: https://acme.example
	// true
	// true
	// query: https://example.net
	// false
}
