using System.Net;
using System.Net.Sockets;
using WsIngress.Routing;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Streams;

namespace WsIngress.Proxy.Http;

/// <summary>
/// Opens TCP connections to pods, for handshakes and for plain HTTP alike. A name (ExternalName) that resolves to this host, to a
/// link-local address or to no unicast address is refused: an Ingress author must not reach the node or the cloud's metadata by DNS.
/// Addresses written in an EndpointSlice are dialled as they are.
/// </summary>
internal static class PodSocket
{
    private const int MaxAddresses = 8;

    /// <exception cref="SocketException">No address accepted the connection, or none may be dialled.</exception>
    public static Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellation) =>
        ConnectAsync(host, port, ConnectAsync, cancellation);

    /// <summary>The same as a socket of an event loop; continues on its thread.</summary>
    /// <exception cref="SocketException">No address accepted the connection, or none may be dialled.</exception>
    public static async Task<StreamSocket> ConnectAsync(EventLoop loop, string host, int port, CancellationToken cancellation)
    {
        var socket = await ConnectAsync(host, port, (endPoint, token) => StreamSocket.ConnectAsync(loop, endPoint, token).AsTask(), cancellation);

        // A connection that was there before it was waited for goes on where its name was resolved.
        await loop.SwitchTo();
        return socket;
    }

    private static async Task<T> ConnectAsync<T>(string host, int port, Func<IPEndPoint, CancellationToken, Task<T>> connect, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return await connect(new IPEndPoint(address, port), cancellation);
        }

        var addresses = await Dns.GetHostAddressesAsync(host, cancellation).WaitAsync(cancellation);
        SocketException? last = null;
        foreach (var resolved in addresses.Where(found => AddressScope.IsRemoteUnicast(found) && !IsOwn(found)).Take(MaxAddresses))
        {
            try
            {
                return await connect(new IPEndPoint(resolved, port), cancellation);
            }
            catch (SocketException error)
            {
                last = error;
            }
        }

        throw last ?? new SocketException((int)SocketError.AddressNotAvailable, $"{host} resolves to no address that may be dialled");
    }

    /// <summary>An address of this machine: the system would send from it to itself (connect(2) of UDP chooses, and sends nothing).</summary>
    internal static bool IsOwn(IPAddress address)
    {
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(new IPEndPoint(address, 9));
            return ((IPEndPoint)probe.LocalEndPoint!).Address.Equals(address);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
