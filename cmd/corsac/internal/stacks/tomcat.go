package stacks

import (
	"encoding/xml"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "tomcat",
	Aliases:  []string{"servlet"},
	Title:    "Tomcat",
	Layer:    Application,
	Versions: "Tomcat 10.1", Proof: Live, Holds: Errors | Preflights | Quiet,
	Why: "The filter that Tomcat brings. It compares whole origins, or allows all of them. It stands first in web.xml, so that the filters that authenticate come after it.",
	Server: &Server{
		Programs: []string{"/usr/share/tomcat10/bin/catalina.sh"}, Install: "apt-get install tomcat10-common default-jdk-headless",
		Start: "run", Prepare: tomcatPrepare, Files: tomcatFiles,
	},
	Signs: []Sign{
		body(finding.Certain, "<h3>Apache Tomcat/"),
		body(finding.Certain, "<title>HTTP Status 4"),
		header(finding.Certain, "Server", "Apache-Coyote/"),
		cookie(finding.Possible, "JSESSIONID"),
	},
	Projects: []Project{{File: "web.xml", Contains: "<web-app"}, {File: "pom.xml", Contains: "<packaging>war</packaging>", Sure: finding.Likely}},
	Snippet:  tomcatSnippet,
	Advice: map[string]Advice{
		"preflight-not-routed":    {Text: "Map CorsFilter to /*: it answers preflights before servlets see them."},
		"preflight-requires-auth": {Text: "A security-constraint applies before filters: leave OPTIONS out of it with <http-method-omission>OPTIONS</http-method-omission>, or authenticate in a filter after CorsFilter."},
		"auth-error-without-cors": {Text: "A security-constraint applies before filters. Authenticate in a filter after CorsFilter instead."},
		"origin-not-allowed":      {Text: "CorsFilter answers 403 to origins that it does not know, actual requests included. Add the origin."},
	},
})

func tomcatSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	headers := r.headersOf("Tomcat")
	origins := r.exact
	if r.anyOrigin {
		origins = []string{"*"}
	}
	if len(r.patterns) > 0 {
		r.lose(insteadEnumerate, "It leaves out wildcards and regular expressions, which Tomcat does not know: list the hosts.")
	}
	var c code
	c.line("<filter>")
	c.line("  <filter-name>CorsFilter</filter-name>")
	c.line("  <filter-class>org.apache.catalina.filters.CorsFilter</filter-class>")
	param := func(name, value string) {
		c.line("  <init-param>")
		c.line("    <param-name>cors.%s</param-name>", name)
		c.line("    <param-value>%s</param-value>", xmlText(value))
		c.line("  </init-param>")
	}
	param("allowed.origins", strings.Join(origins, ","))
	param("allowed.methods", strings.Join(append([]string{"OPTIONS"}, r.methods...), ","))
	param("allowed.headers", strings.Join(headers, ","))
	if len(r.expose) > 0 {
		param("exposed.headers", strings.Join(r.expose, ","))
	}
	if r.credentials {
		param("support.credentials", "true")
	}
	param("preflight.maxage", decimal(r.seconds()))
	c.line("</filter>")
	c.line("<filter-mapping>")
	c.line("  <filter-name>CorsFilter</filter-name>")
	c.line("  <url-pattern>/*</url-pattern>")
	c.line("</filter-mapping>")
	return r.snippet(&c, Snippet{
		File:  "WEB-INF/web.xml",
		Place: "before all other filters",
		Shortfall: gaps(
			"A request of an origin that is not listed gets 403 and never reaches the servlet.",
			"Answers to such requests have no Vary: Origin."),
	})
}

// xmlText returns s as text of XML.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder never fails
	return b.String()
}
