package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "spring",
	Aliases:  []string{"spring-boot", "spring-mvc", "spring-security"},
	BuiltOn:  []string{"tomcat"},
	Title:    "Spring",
	Layer:    Application,
	Versions: "Spring Framework 5.3", Holds: Vary | VaryPreflights | Preflights | Quiet,
	Why: "A filter before Spring Security, since @CrossOrigin and addCorsMappings see only requests that reach a controller: a preflight would get 401, and a 404 no headers. allowedOriginPatterns is for wildcards; allowedOrigins with * and credentials throws.",
	Signs: []Sign{
		body(finding.Certain, "<h1>Whitelabel Error Page</h1>"),
		bodyLike(finding.Certain, `^Invalid CORS request$`, "the body Invalid CORS request, the refusal of Spring"),
		bodyLike(finding.Certain, `^\{"timestamp":(?:"[^"]*"|[0-9]+),(?:"path":"[^"]*",)?"status":[0-9]{3},"error":"`, "the JSON of Spring Boot for an error"),
		trait(finding.Likely, "Vary with Origin and the two headers of preflights on three lines, as Spring sends it", func(s *Seen) bool {
			vary := strings.Join(s.Headers.Values("Vary"), "|")
			return strings.EqualFold(vary, "Origin|Access-Control-Request-Method|Access-Control-Request-Headers") && !s.spelled("vary") && s.Method != "OPTIONS"
		}),
		header(finding.Likely, "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
		bodyLike(finding.Likely, `^\{"type":"about:blank","title":"[^"]*","status":[0-9]{3},"detail":"[^"]*","instance":"/`, "the problem details of Spring"),
		header(finding.Likely, "X-Application-Context", ""),
	},
	Projects: []Project{
		{File: "pom.xml", Contains: "<groupId>org.springframework"},
		{File: "build.gradle", Contains: "org.springframework"},
		{File: "build.gradle.kts", Contains: "org.springframework"},
	},
	Snippet: springSnippet,
	Advice: map[string]Advice{
		"preflight-requires-auth":        {Text: "Spring Security sees the preflight before CORS does. The filter below runs before it; or call http.cors(Customizer.withDefaults()) in the SecurityFilterChain and make the configuration a bean of type CorsConfigurationSource."},
		"auth-error-without-cors":        {Text: "Spring Security answers before CORS has run. The filter below runs before it; or call http.cors(Customizer.withDefaults()) in the SecurityFilterChain."},
		"preflight-redirect-login":       {Text: "Spring Security sends the preflight to its login page. The filter below runs before it; for an API, also answer 401 instead of a redirect: exceptionHandling(e -> e.authenticationEntryPoint(new HttpStatusEntryPoint(HttpStatus.UNAUTHORIZED)))."},
		"preflight-without-cors-headers": {Text: "@CrossOrigin and addCorsMappings apply to paths that a handler takes. The filter below applies to all."},
		"preflight-not-routed":           {Text: "@CrossOrigin and addCorsMappings apply to paths that a handler takes. The filter below applies to all."},
		"cors-missing-on-method":         {Text: "@CrossOrigin on a method is about that method: put it on the class, or use the filter below."},
		"cors-missing-on-route":          {Text: "@CrossOrigin on a controller is about that controller: use the filter below."},
		"server-error-without-cors":      {Text: "The stack trace is in the log of the server: fix that first. The filter below sets the headers before anything can fail."},
		"origin-not-allowed":             {Text: "Spring answers requests of origins that it does not know with 403 and the text Invalid CORS request. Add it to allowedOrigins; if Spring is behind a proxy, check that the proxy does not change Host or scheme: a page of the same origin is then taken for a foreign one, which server.forward-headers-strategy=framework corrects."},
		"csrf-origin-check-failed":       {Text: "Spring Security wants the CSRF token with requests that change something. Send it in X-XSRF-TOKEN, and make it readable with csrf(c -> c.csrfTokenRepository(CookieCsrfTokenRepository.withHttpOnlyFalse())); an API without cookies can disable the check.", Only: true},
		"cookie-samesite-blocks-cross-site": {
			Text: "Set server.servlet.session.cookie.same-site=none and server.servlet.session.cookie.secure=true in application.properties.", Only: true,
		},
	},
})

func springSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	headers := r.headers
	if r.anyHeader {
		headers = []string{"*"} // echoed, so that it goes with credentials
	}
	patterns, all := springPatterns(r)
	var c code
	c.line("import java.util.List;")
	c.line("import org.springframework.boot.web.servlet.FilterRegistrationBean;")
	c.line("import org.springframework.context.annotation.Bean;")
	c.line("import org.springframework.context.annotation.Configuration;")
	c.line("import org.springframework.core.Ordered;")
	c.line("import org.springframework.web.cors.CorsConfiguration;")
	c.line("import org.springframework.web.cors.UrlBasedCorsConfigurationSource;")
	c.line("import org.springframework.web.filter.CorsFilter;")
	c.line("")
	c.line("@Configuration")
	c.line("public class CorsConfig {")
	c.line("    @Bean")
	c.line("    FilterRegistrationBean<CorsFilter> corsFilterRegistration() {")
	c.line("        CorsConfiguration cors = new CorsConfiguration();")
	if r.anyOrigin {
		c.line(`        cors.setAllowedOrigins(List.of("*"));`)
	}
	c.when(len(r.exact) > 0, "        cors.setAllowedOrigins(List.of(%s));", list(javaString, r.exact...))
	c.when(len(patterns) > 0, "        cors.setAllowedOriginPatterns(List.of(%s));", list(javaString, patterns...))
	c.line("        cors.setAllowedMethods(List.of(%s));", list(javaString, r.methods...))
	c.when(len(headers) > 0, "        cors.setAllowedHeaders(List.of(%s));", list(javaString, headers...))
	c.when(len(r.expose) > 0, "        cors.setExposedHeaders(List.of(%s));", list(javaString, r.expose...))
	c.when(r.credentials, "        cors.setAllowCredentials(true);")
	c.when(r.maxAge >= 0, "        cors.setMaxAge(%dL);", r.maxAge)
	c.line("        UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();")
	c.line(`        source.registerCorsConfiguration("/**", cors);`)
	c.line("        FilterRegistrationBean<CorsFilter> bean = new FilterRegistrationBean<>(new CorsFilter(source));")
	c.line("        bean.setOrder(Ordered.HIGHEST_PRECEDENCE); // before Spring Security")
	c.line("        return bean;")
	c.line("    }")
	c.line("}")
	s := Snippet{
		File:      "CorsConfig.java",
		Place:     "in the package of the application class; take @CrossOrigin and addCorsMappings out. In WebFlux, a bean of type CorsWebFilter takes the place of the registration",
		Shortfall: gaps("A request of an origin or with a method that is not listed gets 403 and never reaches the controller."),
	}
	if !all {
		r.withoutRegexps("Spring")
	}
	return r.snippet(&c, s)
}

// springPatterns returns the wildcards in the notation of Spring, where any port
// is :[*], and whether all can be said.
func springPatterns(r *rules) (patterns []string, all bool) {
	wild, all := r.wildcards()
	for _, w := range wild {
		if bare, ok := strings.CutSuffix(w, ":*"); ok {
			w = bare + ":[*]"
		}
		patterns = append(patterns, w)
	}
	return patterns, all
}
