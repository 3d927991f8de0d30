package explain

import (
	"regexp"
	"strings"
)

// unquoted are the parts of Chromium's messages that have quotes, without them: a
// shell removes those of an argument that is not quoted itself, or that is in
// single quotes.
var unquoted = []struct {
	part   *regexp.Regexp
	quoted string
}{
	{regexp.MustCompile(`(Access to [A-Za-z ]+? at) (\S+) (?:(\(redirected from) (\S+?)\) )?from origin (\S+) has been blocked`), `$1 '$2' $3 '$4') from origin '$5' has been blocked`},
	{regexp.MustCompile(` {1,2}'' ?\)| {2}''\)`), ``},
	{regexp.MustCompile(`(Redirect at) (\S+) from origin (\S+) has been blocked`), `$1 '$2' from origin '$3' has been blocked`},
	{regexp.MustCompile(`has a value (\S+) that is not equal`), `has a value '$1' that is not equal`},
	{regexp.MustCompile(`(contains multiple values) (.{1,2000}?), but only`), `$1 '$2', but only`},
	{regexp.MustCompile(`(contains the invalid value) (\S*?)\.( |$)`), `$1 '$2'.$3`},
	{regexp.MustCompile(`(header in the response is) (\S*) (which must be) true`), `$1 '$2' $3 'true'`},
	{regexp.MustCompile(`must not be the wildcard \S+ when the requests? credentials mode is include`), `must not be the wildcard '*' when the request's credentials mode is 'include'`},
	{regexp.MustCompile(`when the requests credentials mode is include`), `when the request's credentials mode is 'include'`},
	{regexp.MustCompile(`(preflight request) doesnt pass`), `$1 doesn't pass`},
	{regexp.MustCompile(`(The page at) (\S+) (was loaded over \S+ but requested an insecure [a-z ]+?) (\S+?)\. `), `$1 '$2' $3 '$4'. `},
	{regexp.MustCompile(`(The request was redirected to) (\S+), which is disallowed`), `$1 '$2', which is disallowed`},
	{regexp.MustCompile(`(to access the) (\w+) (address space)`), `$1 '$2' $3`},
}

// requote puts quotes back into the messages of a text that has none. It returns
// "" if the text has quotes, or no such message.
func requote(text string) string {
	if strings.Contains(text, "'") {
		return ""
	}
	quoted := text
	for _, u := range unquoted {
		quoted = u.part.ReplaceAllString(quoted, u.quoted)
	}
	if quoted == text {
		return ""
	}
	return quoted
}
