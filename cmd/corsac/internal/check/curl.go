package check

import (
	"encoding/base64"
	"errors"
	"strings"
)

// CurlAdvice says what to do instead of options of curl that corsac does not have,
// by their names without dashes.
var CurlAdvice = func() map[string]string {
	advice := map[string]string{}
	for names, text := range map[string]string{
		"i include v verbose":     "drop it: the output has the headers that matter, and --json has all of them",
		"s silent S show-error":   "drop it, or use --quiet for the exit status alone",
		"I head":                  "write -X HEAD",
		"G get":                   "write the data into the URL, after a question mark",
		"L location":              "drop it: redirects are followed, unless --redirect says otherwise",
		"b":                       "write --cookie",
		"A user-agent":            "drop it: CORS does not depend on it",
		"e referer":               "drop it: the browser sends the Referer of the page",
		"o output O remote-name":  "drop it: corsac reports what the browser does, and does not print the body",
		"f fail":                  "drop it: the exit status is 1 if the request is blocked",
		"compressed":              "drop it: browsers always ask for compressed responses",
		"url":                     "write the URL alone",
		"connect-timeout timeout": "write --max-time",
		"x proxy":                 "set HTTP_PROXY or HTTPS_PROXY, as for curl",
		"0 http1.0":               "browsers do not use HTTP/1.0; write --http1.1",
	} {
		for name := range strings.FieldsSeq(names) {
			advice[name] = text
		}
	}
	return advice
}()

// SetUser adds the header that curl sends for --user, of the form USER:PASSWORD. An
// empty user adds none. The error names the option, and is not the password.
func (s *Spec) SetUser(user string) error {
	if user == "" {
		return nil
	}
	if !strings.Contains(user, ":") {
		return errors.New("--user has no password; write USER:PASSWORD")
	}
	for _, h := range s.Headers {
		if name, _, _ := strings.Cut(h, ":"); strings.EqualFold(strings.TrimSpace(name), "Authorization") {
			return errors.New("--user and --header 'Authorization: …' set the same header; use one of them")
		}
	}
	s.Headers = append(s.Headers, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(user)))
	return nil
}
