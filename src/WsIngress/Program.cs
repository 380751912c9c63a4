Console.WriteLine("wsingress");
