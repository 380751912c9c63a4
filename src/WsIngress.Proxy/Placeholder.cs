namespace WsIngress.Proxy;
