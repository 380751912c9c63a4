using System.Net;
using System.Net.Sockets;

namespace WsIngress.Tests.Transport.Tls;

/// <summary>A TCP connection over loopback, both ends in hand.</summary>
internal sealed class Loopback : IDisposable
{
    private Loopback(Socket client, Socket server)
    {
        Client = client;
        Server = server;
    }

    public Socket Client { get; }

    public Socket Server { get; }

    /// <param name="bufferSize">Of the kernel, in bytes, for all four directions; null takes the kernel's own.</param>
    public static async Task<Loopback> ConnectAsync(int? bufferSize = null)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(16);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (bufferSize is { } size)
        {
            listener.ReceiveBufferSize = listener.SendBufferSize = client.ReceiveBufferSize = client.SendBufferSize = size;
        }

        await client.ConnectAsync(listener.LocalEndPoint!);
        var server = await listener.AcceptAsync();
        while (!server.RemoteEndPoint!.Equals(client.LocalEndPoint))
        {
            // Somebody who tries a port again that was another's before.
            server.Dispose();
            server = await listener.AcceptAsync();
        }

        server.NoDelay = true;
        return new(client, server);
    }

    /// <summary>Ends the connection with RST.</summary>
    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
