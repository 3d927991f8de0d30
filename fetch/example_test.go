package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// An API that forgot CORS on its error path, seen by a page on another origin.
func ExampleNewClient() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/items" {
			http.NotFound(w, r) // without Access-Control-Allow-Origin
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example.com")
		w.Header().Set("X-Total-Count", "3")
		fmt.Fprint(w, "[1,2,3]")
	}))
	defer api.Close()

	client, err := fetch.NewClient("https://app.example.com", fetch.TransportConfig{})
	if err != nil {
		panic(err)
	}
	resp, err := client.Get(api.URL + "/items")
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	fmt.Printf("X-Total-Count: %q\n", resp.Header.Get("X-Total-Count")) // it is not exposed

	_, err = client.Get(api.URL + "/item/7")
	var refused *fetch.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Code)
		fmt.Println(strings.ReplaceAll(refused.Console(fetch.Chromium), api.URL, "https://api.example.com"))
	}
	// Output:
	// 200 OK
	// X-Total-Count: ""
	// MissingAllowOriginHeader
	// Access to fetch at 'https://api.example.com/item/7' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.
}
