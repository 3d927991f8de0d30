package origin_test

import (
	"errors"
	"fmt"

	"github.com/corsac-dev/corsac/origin"
)

// Parse accepts only what a browser sends in an Origin header. Its error says
// what to write instead.
func ExampleParse() {
	_, err := origin.Parse("https://Example.com:443/")
	fmt.Println(err)

	var e *origin.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Suggestion())
	}
	// Output:
	// "https://Example.com:443/" is not an origin: browsers send origins in lower case; write "https://example.com"
	// upper-case https://example.com
}

// ParseURL accepts any URL that a browser accepts.
func ExampleParseURL() {
	page, _ := origin.ParseURL("https://www.Example.co.uk/shop?item=1")
	api, _ := origin.ParseURL("https://api.example.co.uk:8443/v1")
	fmt.Println(page, api)
	fmt.Println("same origin:", page.SameOrigin(api))
	fmt.Println("same site:", page.SameSite(api), page.Site())
	// Output:
	// https://www.example.co.uk https://api.example.co.uk:8443
	// same origin: false
	// same site: true https://example.co.uk
}

// A wildcard stands for whole labels.
func ExamplePattern_Match() {
	p, err := origin.ParsePattern("https://*.example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range []string{
		"https://app.example.com",
		"https://a.b.example.com",
		"https://example.com",
		"https://evil-example.com",
		"https://evil.net/.example.com",
	} {
		fmt.Println(p.Match(s), s)
	}
	// Output:
	// true https://app.example.com
	// true https://a.b.example.com
	// false https://example.com
	// false https://evil-example.com
	// false https://evil.net/.example.com
}
