package stacks

import "fmt"

// tomcatPrepare compiles the servlet, and lets Tomcat write into the folder only.
const tomcatPrepare = `export CATALINA_HOME=/usr/share/tomcat10 CATALINA_BASE="$PWD"
mkdir -p logs temp work
javac -cp "$CATALINA_HOME/lib/servlet-api.jar" -d webapps/ROOT/WEB-INF/classes App.java || exit 3`

const tomcatServer = `<Server port="-1">
  <Service name="Catalina">
    <Connector port="%s" address="%s" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" />
    </Engine>
  </Service>
</Server>
`

const tomcatWebApp = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
%s
<servlet>
  <servlet-name>app</servlet-name>
  <servlet-class>App</servlet-class>
</servlet>
<servlet-mapping>
  <servlet-name>app</servlet-name>
  <url-pattern>/</url-pattern>
</servlet-mapping>
</web-app>
`

const tomcatApp = `import jakarta.servlet.http.*;
import java.io.IOException;

// Routes: ` + appRoutes + `.
public class App extends HttpServlet {
  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String path = request.getRequestURI();
    if (path.equals("/x")) {
      response.setHeader("X-Total-Count", "3");
    } else if (!request.getMethod().equals("GET")) {
      response.sendError(405);
    } else if (path.equals("/throw")) {
      throw new IllegalStateException("boom");
    } else if (path.equals("/own")) {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.addHeader("Vary", "Accept-Language");
    } else {
      switch (path) {
        case "/200": break;
        case "/401": response.sendError(401); break;
        case "/500": response.sendError(500); break;
        default: response.sendError(404);
      }
    }
  }
}
`

func tomcatFiles(code string, at Addresses) map[string]string {
	return map[string]string{
		"conf/server.xml":              fmt.Sprintf(tomcatServer, at.Port, at.AnyHost()),
		"conf/web.xml":                 "<web-app xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\">\n</web-app>\n",
		"webapps/ROOT/WEB-INF/web.xml": fmt.Sprintf(tomcatWebApp, indent("  ", code)),
		"App.java":                     tomcatApp,
	}
}
