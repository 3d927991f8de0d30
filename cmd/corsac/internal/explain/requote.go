package explain

import (
	"regexp"
	"strings"
	"sync"
)

// unquoted are the parts of Chromium's messages that have quotes, without them: a
// shell removes those of an argument that is not quoted itself, or that is in
// single quotes.
var unquoted = [][2]string{
	{`(Access to [A-Za-z ]+? at) ([^\s']+) (\(redirected from) ([^\s')]+)\) from origin (\S+) has been blocked`, `$1 '$2' $3 '$4') from origin '$5' has been blocked`},
	{`(Access to [A-Za-z ]+? at) ([^\s']+) from origin (\S+) has been blocked`, `$1 '$2' from origin '$3' has been blocked`},
	{`(Redirect at) (\S+) from origin (\S+) has been blocked`, `$1 '$2' from origin '$3' has been blocked`},
	{`has a value (\S+) that is not equal`, `has a value '$1' that is not equal`},
	{`(contains multiple values) (.+?), but only`, `$1 '$2', but only`},
	{`(contains the invalid value) (\S*?)\.( |$)`, `$1 '$2'.$3`},
	{`(header in the response is) (\S*) (which must be) true`, `$1 '$2' $3 'true'`},
	{`must not be the wildcard \S+ when the requests? credentials mode is include`, `must not be the wildcard '*' when the request's credentials mode is 'include'`},
	{`when the requests credentials mode is include`, `when the request's credentials mode is 'include'`},
	{`(preflight request) doesnt pass`, `$1 doesn't pass`},
	{`(The page at) (\S+) (was loaded over \S+ but requested an insecure [a-z ]+?) (\S+?)\. `, `$1 '$2' $3 '$4'. `},
	{`(The request was redirected to) (\S+), which is disallowed`, `$1 '$2', which is disallowed`},
	{`(to access the) (\w+) (address space)`, `$1 '$2' $3`},
}

// quoters are the expressions of unquoted. They are compiled when they are needed.
var quoters = sync.OnceValue(func() (list []*regexp.Regexp) {
	for _, u := range unquoted {
		list = append(list, regexp.MustCompile(u[0]))
	}
	return list
})

// requote puts quotes back into the messages of a text that has none. It returns
// "" if the text has quotes, or no such message.
func requote(text string) string {
	if strings.Contains(text, "'") {
		return ""
	}
	quoted := text
	for i, part := range quoters() {
		quoted = part.ReplaceAllString(quoted, unquoted[i][1])
	}
	if quoted == text {
		return ""
	}
	return quoted
}
