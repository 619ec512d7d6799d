<%@ page session="false" %><%
  if (true) throw new IllegalStateException("asked for by /fault.jsp");
%>
