namespace WsIngress.Transport;
