using System.Text.Json;

namespace WsIngress.Routing;

/// <summary>A <see cref="MessagePolicy"/> in the table's text: what differs from none.</summary>
internal static class MessagesJson
{
    public static void Write(Utf8JsonWriter json, MessagePolicy policy)
    {
        var none = MessagePolicy.None;
        if (policy == none)
        {
            return;
        }

        json.WriteStartObject("messages");
        Seconds(json, "pingInterval", policy.PingInterval, none.PingInterval);
        Seconds(json, "pingTimeout", policy.PingTimeout, none.PingTimeout);
        if (policy.PingTo != none.PingTo)
        {
            json.WriteString("pingTo", policy.PingTo.ToString());
        }

        Number(json, "maxSize", policy.MaxSize);
        Number(json, "maxSizeFromPod", policy.MaxSizeFromPod);
        Number(json, "rate", policy.Rate);
        Number(json, "burst", policy.Burst);
        Number(json, "byteRate", policy.ByteRate);
        if (policy.RateExceeded != none.RateExceeded)
        {
            json.WriteString("rateExceeded", policy.RateExceeded.ToString());
        }

        Seconds(json, "stallTimeout", policy.StallTimeout, none.StallTimeout);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (value != 0)
        {
            json.WriteNumber(name, value);
        }
    }

    private static void Seconds(Utf8JsonWriter json, string name, TimeSpan value, TimeSpan normal)
    {
        if (value != normal)
        {
            json.WriteNumber(name + "Seconds", value.TotalSeconds);
        }
    }
}
