package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Case is a request to check.
type Case struct {
	// Request is what script asks for, and Body is its body in bytes.
	Request *fetch.Request
	Body    []byte
	// Page is what is known about the page. PageURL is loaded to find out the
	// rest; an origin in Page overrides that of the document.
	Page    fetch.PageConfig
	PageURL string
	// Cookies are cookies of the server, as [ParseCookies] reads them.
	Cookies []string
	// ReadHeaders are response headers that script wants to read.
	ReadHeaders []string
	// UserAgent is the browser's User-Agent; "" means corsac's own.
	UserAgent string
	// Expect is the verdict that the user expects.
	Expect Expectation
	// Servers says how servers are reached.
	Servers probe.Settings
	// DryRun stops before a request that may change something.
	DryRun bool
	// Profiles are the browsers, if they differ from those of all cases.
	// Explain adds every step for this case only.
	Profiles []fetch.Profile
	Explain  bool
	// Notes are added to the verdict.
	Notes []string
}

// CheckTarget returns an error if the URL of a request has no scheme. A path is
// allowed: it belongs to the page.
func CheckTarget(rawURL string) error {
	if strings.HasPrefix(rawURL, "/") {
		return nil
	}
	scheme, rest, ok := strings.Cut(rawURL, ":")
	isPort := rest != "" && rest[0] >= '0' && rest[0] <= '9'
	if ok && !strings.Contains(scheme, ".") && scheme != "localhost" && !isPort {
		return nil // the engine says what a browser does with it
	}
	guess := "https://" + rawURL
	if o, err := origin.ParseURL(guess); err == nil && (o.AddressSpace() > origin.SpacePublic || !strings.Contains(o.Host(), ".")) {
		guess = "http://" + rawURL
	}
	return fmt.Errorf("%q has no scheme; write %s", rawURL, guess)
}

// CheckPage returns an error about --page if the URL of a page is given and cannot be
// loaded by any browser.
func CheckPage(s string) error {
	u, err := weburl.Parse(s, nil)
	switch {
	case s == "":
		return nil
	case strings.Contains(s, "*") && !strings.Contains(s, "/"), strings.Contains(s, "//*"):
		return fmt.Errorf("--page %q is a pattern; write the URL of one page, such as http://localhost:3000/", s)
	case errors.Is(err, weburl.ErrNoScheme), err == nil && strings.Contains(u.Scheme, "."), err == nil && u.Scheme == "localhost":
		if err := CheckTarget(s); err != nil {
			return fmt.Errorf("--page %w", err)
		}
		return fmt.Errorf("--page %q has no scheme and no host; write the whole URL, such as http://localhost:3000%s", s, s)
	case err != nil:
		return fmt.Errorf("--page %q is not a URL: %s", s, strings.TrimPrefix(err.Error(), fmt.Sprintf("parse url %q: ", s)))
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("--page %q is not an http or https URL, so it cannot be loaded; write its origin with --origin", s)
	}
	return nil
}

// CheckOrigin returns an error about --origin if the origin of a page is given and
// invalid.
func CheckOrigin(s string) error {
	if s == "" {
		return nil
	}
	_, err := origin.Parse(s)
	switch {
	case err == nil:
		return nil
	case strings.Contains(s, "*"):
		example := "http://localhost:3000"
		if _, err := origin.ParsePattern(s); err == nil {
			example = strings.TrimSuffix(strings.Replace(s, "//*.", "//www.", 1), ":*")
		}
		return fmt.Errorf("--origin %q is a pattern, and a page has one origin; write that, such as %s", s, example)
	}
	return fmt.Errorf("--origin %w", err)
}
