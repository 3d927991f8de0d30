package check

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// Case is a request to be checked.
type Case struct {
	// Request is what script asks for, Body the bytes of its body.
	Request *fetch.Request
	Body    []byte
	// Page is what is known of the page. PageURL is loaded to learn the rest; an
	// origin in Page then takes the place of that of the document.
	Page    fetch.PageConfig
	PageURL string
	// Cookies are those of the server, each as in [ParseCookies].
	Cookies []string
	// ReadHeaders are response headers that script wants to read.
	ReadHeaders []string
	// UserAgent is what the browser calls itself, "" for corsac's own.
	UserAgent string
	// Servers says how servers are reached.
	Servers probe.Settings
	// DryRun stops before an actual request that may change something.
	DryRun bool
	// Profiles are the browsers, if not those of all cases; Explain adds every
	// step for this case alone.
	Profiles []fetch.Profile
	Explain  bool
	// Notes are passed on with the verdict.
	Notes []string
}

// CheckTarget reports what is wrong with the URL of a request as people write it:
// one without a scheme. A path is one of the page.
func CheckTarget(rawURL string) error {
	if strings.HasPrefix(rawURL, "/") {
		return nil
	}
	scheme, rest, ok := strings.Cut(rawURL, ":")
	isPort := rest != "" && rest[0] >= '0' && rest[0] <= '9'
	if ok && !strings.Contains(scheme, ".") && scheme != "localhost" && !isPort {
		return nil // whatever it is, the engine says what a browser does with it
	}
	guess := "https://" + rawURL
	if o, err := origin.ParseURL(guess); err == nil && (o.AddressSpace() > origin.SpacePublic || !strings.Contains(o.Host(), ".")) {
		guess = "http://" + rawURL
	}
	return fmt.Errorf("%q has no scheme; write %s", rawURL, guess)
}

// CheckOrigin reports what is wrong with the origin of a page, if one is given.
func CheckOrigin(s string) error {
	if s == "" {
		return nil
	}
	_, err := origin.Parse(s)
	return err
}
