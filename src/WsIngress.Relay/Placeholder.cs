namespace WsIngress.Relay;
