package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "azure-app-service", Aliases: []string{"azure-functions"}, Title: "Azure App Service", Layer: Proxy,
	Why: "This setting knows origins and credentials only, and takes over from what the application does about CORS. Where a policy lists methods or headers, turn it off and let the application answer.",
	Signs: []Sign{
		cookie(finding.Certain, "ARRAffinity"), cookie(finding.Certain, "ARRAffinitySameSite"),
		host(".azurewebsites.net"), hasHeader(finding.Likely, "X-Ms-Middleware-Request-Id"),
	},
	Projects: []Project{{File: "host.json", Contains: `"extensionBundle"`}, {File: "*.bicep", Contains: "Microsoft.Web/sites"}},
	Snippet:  appServiceSnippet,
	Advice: map[string]Advice{
		"origin-not-allowed":      {Text: "Add the origin under CORS of the app. As soon as there is one entry, App Service answers preflights itself, and ignores the CORS of your code."},
		"duplicate-acao":          {Text: "Both App Service and your code set the header: delete all entries under CORS of the app, or the CORS of your code."},
		"preflight-requires-auth": {Text: "Preflights never carry credentials. Authentication of App Service (Easy Auth) refuses them unless there are entries under CORS of the app; or set the action for unauthenticated requests to allow."},
		"acac-missing":            {Text: "Set supportCredentials: Enable Access-Control-Allow-Credentials, under CORS of the app."},
	},
})

func appServiceSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "App Service", canList|canCredentials|canEcho)
	if !d.anyRequest() {
		d.widen("Delete the entries of App Service, and do CORS in your code.", "App Service allows all methods and headers: it cannot list them.")
	}
	type settings struct {
		AllowedOrigins     []string `json:"allowedOrigins"`
		SupportCredentials bool     `json:"supportCredentials"`
	}
	return Snippet{
		File: "main.bicep", Place: "in properties of the site, as an ARM template has it, or by hand under CORS of the app",
		Code: jsonLines(map[string]map[string]settings{"siteConfig": {"cors": {d.origins(), d.credentials}}}), Shortfall: d.Shortfall,
	}
}

var _ = register(&Stack{
	Name: "azure-api-management", Aliases: []string{"apim"}, Title: "Azure API Management", Layer: Proxy,
	Why: "The cors policy stands first in <inbound>, so that it answers preflights before a token is checked. terminate-unmatched-request is false because the default answers requests from other origins with an empty 200. An OPTIONS operation of your own would switch it off.",
	Signs: []Sign{
		headerContains(finding.Certain, "WWW-Authenticate", "AzureApiManagementKey"),
		hasHeader(finding.Certain, "Ocp-Apim-Trace-Location"), hasHeader(finding.Certain, "Ocp-Apim-Apiid"),
		host(".azure-api.net"),
	},
	Projects: []Project{{File: "*.xml", Contains: "<inbound>"}, {File: "*.bicep", Contains: "Microsoft.ApiManagement/service"}},
	Snippet:  apimSnippet,
	Advice: map[string]Advice{
		"preflight-requires-auth":   {Text: "Preflights never carry a subscription key. Put the cors policy first in inbound of the API or of all APIs, and delete operations for OPTIONS."},
		"preflight-not-routed":      {Text: "Put the cors policy first in inbound of the API: it answers preflights. An operation for OPTIONS of your own turns that off."},
		"auth-error-without-cors":   {Text: "Put the cors policy first in inbound, before validate-jwt and check-header, so that their answers get the headers."},
		"rate-limited-without-cors": {Text: "Put the cors policy first in inbound, before rate-limit and quota, so that pages can read the 429."},
		"origin-not-allowed":        {Text: "Add the origin to allowed-origins of the cors policy, as the browser sends it. With terminate-unmatched-request, others get an empty 200."},
		"html-instead-of-json":      {Text: "With terminate-unmatched-request, the cors policy answers requests of other origins with an empty 200: add the origin."},
	},
})

func apimSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "API Management", canList|canCredentials|canExpose|canMaxAge)
	var c code
	c.line("<cors allow-credentials=\"%t\" terminate-unmatched-request=\"false\">", d.credentials)
	elements := func(list, attributes, element string, values []string) {
		if len(values) == 0 {
			return
		}
		c.line("    <%s%s>", list, attributes)
		for _, v := range values {
			c.line("        <%[1]s>%[2]s</%[1]s>", element, xmlText(v))
		}
		c.line("    </%s>", list)
	}
	age := ""
	if d.maxAge != "" {
		age = " preflight-result-max-age=" + inQuotes(d.maxAge)
	}
	elements("allowed-origins", "", "origin", d.origins())
	elements("allowed-methods", age, "method", d.methods)
	elements("allowed-headers", "", "header", d.headers)
	elements("expose-headers", "", "header", d.expose)
	c.line("</cors>")
	return Snippet{File: "policy.xml", Place: "first in inbound, before <base /> if that authenticates", Code: c.lines(), Shortfall: d.Shortfall}
}
