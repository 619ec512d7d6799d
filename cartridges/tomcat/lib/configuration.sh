# shellcheck shell=sh
# Sourced by the hook start: prints what Tomcat is to do, from its variables.

# A text as the value of an attribute of XML.
attribute() {
  printf '%s' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/"/\&quot;/g' -e 's/\$/\&#36;/g'
}

# No port for shutting down, no manager, no AJP, nothing that is deployed later. RemoteIpValve: the load balancer names the client first,
# and after it only proxies that are believed. A page of errors says neither what failed nor which Tomcat this is.
server_configuration() {
  cat <<END
<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener"/>
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
  <Service name="Catalina" gracefulStopAwaitMillis="86400000">
    <Connector protocol="HTTP/1.1" address="$(attribute "${HOST:-127.0.0.1}")" port="$(attribute "${PORT:-8080}")" bindOnInit="false"
      maxThreads="$((${CARTWRIGHT_CONCURRENCY:-16} + 2))" minSpareThreads="2" acceptCount="100" maxKeepAliveRequests="-1"
      keepAliveTimeout="65000" connectionTimeout="60000" URIEncoding="UTF-8" xpoweredBy="false" server="Tomcat"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Valve className="org.apache.catalina.valves.RemoteIpValve" internalProxies=".*" remoteIpHeader="x-forwarded-for"
        protocolHeader="x-forwarded-proto" hostHeader="x-forwarded-host" portHeader="x-forwarded-port"/>
      <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="false" deployOnStartup="false">
        <Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>
        <Context path="" docBase="$(attribute "$application")" useHttpOnly="true">
          <Manager pathname="$(attribute "$base/sessions")"/>
        </Context>
      </Host>
    </Engine>
  </Service>
</Server>
END
}

# All of it to the standard error, where the agent reads it: what applications say from INFO on, what Tomcat says from WARNING on.
logging_configuration() {
  cat <<'END'
handlers = java.util.logging.ConsoleHandler
java.util.logging.ConsoleHandler.level = ALL
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
.level = INFO
org.apache.catalina.level = WARNING
org.apache.coyote.level = WARNING
org.apache.jasper.level = WARNING
org.apache.tomcat.level = WARNING
org.apache.catalina.core.ContainerBase.[Catalina].[localhost].level = INFO
END
}
